"""What scripts/answers.py consists of. Nothing here imports `pamps`: it is known by its commands, by its
settings in the environment and by HTTP alone, so that everything inside may change."""
