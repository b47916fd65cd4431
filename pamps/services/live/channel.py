"""Word of what was committed, from every process to every other."""

from collections.abc import Collection

from sqlalchemy import func, select
from sqlmodel import Session

from pamps.db.prepared import IS_SQLITE

CHANNEL = "pamps_notification"
# Ids in one word: PostgreSQL takes 8,000 bytes, and an id has 19 digits at most.
MOST_IDS = 300


def publish(session: Session, user_ids: Collection[int]) -> None:
    """Tell every process, with the commit, that these people have new notifications (NOTIFY, in the manual of
    PostgreSQL). On SQLite the processes see by themselves that the file has changed."""
    ids = [] if IS_SQLITE else [str(user_id) for user_id in user_ids]
    for first in range(0, len(ids), MOST_IDS):
        word = ",".join(ids[first : first + MOST_IDS])
        session.execute(select(func.pg_notify(CHANNEL, word)))
