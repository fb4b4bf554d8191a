select
    id,
    sku,
    folder,
    remark,
    place,
    share,
    concat('$', template) as template,
    verse
from values
    (
        1, 'AB-123', 'C:\\temp', 'it\'s', 'École',
        '100%', '{x}', 'one\ntwo'
    ),
    (
        2, 'ab-456', 'D:\\data', 'isn\'t', 'école',
        '50%', '{x}y', 'two'
    ),
    (3, null, null, null, null, null, null, null)
    as text (id, sku, folder, remark, place, share, template, verse)
