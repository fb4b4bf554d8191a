select
    cast(1 as decimal(10, 1)) as other_precision,
    array(1) as other_element,
    named_struct('x', 1) as other_field,
    cast(1 as decimal(18, 2)) as alias_of_the_type,
    'a' as other_case
