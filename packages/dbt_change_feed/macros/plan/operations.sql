{% macro operations() %}
    {#- Of those that change rows: the metrics that count them. -#}
    {{- return({
        'data': {
            'WRITE': 'numOutputRows|numDeletedRows',
            'MERGE': 'numTargetRowsInserted|numTargetRowsUpdated|numTargetRowsDeleted',
            'DELETE': 'numDeletedRows',
            'UPDATE': 'numUpdatedRows',
            'STREAMING UPDATE': 'numOutputRows'
        },
        'neutral': [
            'ADD COLUMNS', 'OPTIMIZE', 'REORG', 'VACUUM START', 'VACUUM END', 'SET TBLPROPERTIES',
            'UNSET TBLPROPERTIES', 'CHANGE COLUMN', 'CHANGE COLUMNS', 'ADD CONSTRAINT',
            'DROP CONSTRAINT', 'COMPUTE STATS', 'CLUSTER BY', 'UPGRADE PROTOCOL'
        ]
    }) -}}
{% endmacro %}
