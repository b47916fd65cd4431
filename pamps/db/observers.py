"""Observers of the statements run by `pamps.db.prepared`, for which SQLAlchemy fires no events."""

import logging
from collections.abc import Callable

# Called after each statement with its text, without values, and its duration in seconds. For counting,
# metrics and tracing. Code that adds an observer must remove it; an observer that raises fails the request.
Observer = Callable[[str, float], None]
observers: list[Observer] = []

# A child of SQLAlchemy's logger, so that `db.echo` logs all statements in the same way.
logger = logging.getLogger("sqlalchemy.engine.Engine.pamps")


def start_echo() -> None:
    """Log every statement, as `db.echo` asks."""
    logger.setLevel(logging.INFO)
    if _echo not in observers:
        observers.append(_echo)


def _echo(text: str, seconds: float) -> None:
    logger.info("%s [%.6f s]", text, seconds)
