{% macro operations() %}
    {{- return({
        'data': ['WRITE', 'MERGE', 'DELETE', 'UPDATE', 'STREAMING UPDATE'],
        'neutral': [
            'ADD COLUMNS', 'OPTIMIZE', 'REORG', 'VACUUM START', 'VACUUM END', 'SET TBLPROPERTIES',
            'UNSET TBLPROPERTIES', 'CHANGE COLUMN', 'CHANGE COLUMNS', 'ADD CONSTRAINT',
            'DROP CONSTRAINT', 'COMPUTE STATS', 'CLUSTER BY', 'UPGRADE PROTOCOL'
        ]
    }) -}}
{% endmacro %}
