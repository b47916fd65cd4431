"""Publishes the recipients of new notifications to every process when a transaction commits."""

from collections.abc import Collection, Iterable

from sqlmodel import Session

from pamps.db import current_dialect

CHANNEL = "pamps_notification"
# Ids per payload: PostgreSQL allows less than 8,000 bytes, and an id has at most 19 digits.
MAX_IDS = 300


def publish(session: Session, user_ids: Collection[int]) -> None:
    """Send the ids of users with new notifications to all listening processes when the transaction commits.
    On SQLite nothing is sent, because processes poll the file."""
    if not current_dialect().can_notify:
        return
    ids = [str(user_id) for user_id in user_ids]
    for first in range(0, len(ids), MAX_IDS):
        current_dialect().notify(session, CHANNEL, ",".join(ids[first : first + MAX_IDS]))


def read_payloads(payloads: Iterable[str]) -> set[int]:
    """The user ids in payloads sent by `publish`."""
    return {int(user_id) for payload in payloads for user_id in payload.split(",")}
