select *
from values ('red'), ('blue'), ('green'), ('green') as palette (color)
