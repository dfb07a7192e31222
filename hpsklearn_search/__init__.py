from . import hp
