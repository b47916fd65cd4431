"""Pamps: a microblog server."""

import gc

# What a start imports stays. Looking for garbage among it at every 700 new objects, Python's own rhythm,
# takes a sixth of the start of a server.
gc.set_threshold(20_000)

__version__ = "0.1.0"
