"""The parts of scripts/answers.py. Nothing here imports `pamps`: it is used only through its commands, its
settings in the environment and HTTP, so that its internals may change."""
