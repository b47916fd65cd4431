"""Tells every process, with the commit, who has new notifications."""

from collections.abc import Collection, Iterable

from sqlmodel import Session

from pamps.db import current_dialect

CHANNEL = "pamps_notification"
# Ids in one payload: PostgreSQL takes 8,000 bytes, and an id has 19 digits at most.
MAX_IDS = 300


def publish(session: Session, user_ids: Collection[int]) -> None:
    """Send the ids of users who have new notifications to every process that listens. Processes on SQLite see
    by themselves that the file has changed."""
    if not current_dialect().can_notify:
        return
    ids = [str(user_id) for user_id in user_ids]
    for first in range(0, len(ids), MAX_IDS):
        current_dialect().notify(session, CHANNEL, ",".join(ids[first : first + MAX_IDS]))


def read_payloads(payloads: Iterable[str]) -> set[int]:
    """The ids of users in what `publish` has sent."""
    return {int(user_id) for payload in payloads for user_id in payload.split(",")}
