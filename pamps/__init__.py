"""Pamps: a microblog server."""

import atexit
import gc

# Imported modules live until the process ends. By default, Python searches them for garbage after every 700
# new objects, and three more times at exit: together a third of the run time of a short command.
gc.set_threshold(20_000)
atexit.register(gc.freeze)

__version__ = "0.1.0"
