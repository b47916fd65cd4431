"""Pamps: a microblog server."""

import atexit
import gc

# What a start imports stays until the end. Python looks for garbage among it at every 700 new objects, and
# three times more at the end of the process: together a third of the time of a short command.
gc.set_threshold(20_000)
atexit.register(gc.freeze)

__version__ = "0.1.0"
