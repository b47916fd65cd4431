"""Publishes committed notifications to all processes."""

from collections.abc import Collection

from sqlalchemy import func, select
from sqlmodel import Session

from pamps.db.prepared import IS_SQLITE

CHANNEL = "pamps_notification"
# Ids per message: PostgreSQL allows 8,000 bytes, and an id has at most 19 digits.
MOST_IDS = 300


def publish(session: Session, user_ids: Collection[int]) -> None:
    """On commit, announce to every process that these users have new notifications (PostgreSQL NOTIFY). Does
    nothing on SQLite, where processes poll the file for changes."""
    ids = [] if IS_SQLITE else [str(user_id) for user_id in user_ids]
    for first in range(0, len(ids), MOST_IDS):
        word = ",".join(ids[first : first + MOST_IDS])
        session.execute(select(func.pg_notify(CHANNEL, word)))
