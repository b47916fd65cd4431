"""Who is told of the statements that `pamps.db.prepared` runs, which SQLAlchemy's own events do not see."""

import logging
from collections.abc import Callable

# Called after each of them with its text, which holds no values, and the seconds that it took. For counting,
# metrics and tracing. Whoever adds an observer also removes it; one that raises fails the request.
Observer = Callable[[str, float], None]
observers: list[Observer] = []

# Below SQLAlchemy's own, so that `db.echo` shows all statements in one way and one place.
logger = logging.getLogger("sqlalchemy.engine.Engine.pamps")


def start_echo() -> None:
    """Log every statement, as `db.echo` asks."""
    logger.setLevel(logging.INFO)
    if _echo not in observers:
        observers.append(_echo)


def _echo(text: str, seconds: float) -> None:
    logger.info("%s [%.6f s]", text, seconds)
