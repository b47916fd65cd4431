"""Word of what was committed, from every process to every other."""

from collections.abc import Collection

from sqlalchemy import func, select
from sqlmodel import Session

from pamps.statements import IS_SQLITE

CHANNEL = "pamps_notification"


def announce(session: Session, user_ids: Collection[int]) -> None:
    """Tell every process, with the commit, that these people have new notifications (NOTIFY, in the manual of
    PostgreSQL). On SQLite the processes see by themselves that the file has changed."""
    if user_ids and not IS_SQLITE:
        session.execute(select(func.pg_notify(CHANNEL, ",".join(map(str, user_ids)))))
