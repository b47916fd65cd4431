"""Sessions, and where they end: nothing else in Pamps commits."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState
from sqlmodel import Session

from pamps.db.database import get_database

logger = logging.getLogger(__name__)

WROTE = "pamps.wrote"


class UncommittedWrites(RuntimeError):
    """A session that has written something was about to end its transaction for something else."""


class ReadOnlySession(RuntimeError):
    """A request that reads has written: on PostgreSQL without a transaction, on SQLite for nothing."""


@contextmanager
def unit_of_work(*, writes: bool) -> Iterator[Session]:
    """The session of one request: committed at the end, rolled back on an error.

    One that only reads and began no transaction costs nothing at its end.
    """
    session = get_database().session(writes=writes)
    try:
        yield session
        if writes and session.in_transaction():
            session.commit()
    finally:
        if session.in_transaction():
            session.close()


@contextmanager
def transaction() -> Iterator[Session]:
    """A session for commands and jobs, which may take their time: committed at the end, rolled back on an
    error."""
    database = get_database()
    with database.session(writes=True) as session:
        database.dialect.lift_statement_timeout(session.connection())
        yield session
        session.commit()


@contextmanager
def own_transaction(session: Session) -> Iterator[Session]:
    """A session for something small that any request writes, even one that only reads, in a transaction of
    its own: it stays even if the request fails later.

    The transaction of the request ends first: no request ever holds two connections. Raises
    UncommittedWrites if the request has written anything, which would be committed half done.
    """
    if has_written(session):
        raise UncommittedWrites("own_transaction() would commit what this session has written")
    session.commit()
    with get_database().session(writes=True) as writing:
        yield writing
        writing.commit()


def commit_early(session: Session, *, because: str) -> None:
    """Commit what the request has done so far, and give its connection back. What was written stays even if a
    refusal follows; what was loaded stays usable.

    Before slow work, such as hashing a password, because every other writer would wait; and for what a
    refusal must not undo.
    """
    logger.debug("Committed early: %s", because)
    session.commit()


def has_written(session: Session) -> bool:
    """Whether a session has written in its transaction, or is about to, by itself or by `run`."""
    return bool(session.info.get(WROTE) or session.new or session.dirty or session.deleted)


def note_write(session: Session) -> None:
    """Remember until the end of the transaction that the session has written; raises ReadOnlySession."""
    bind = session.get_bind()
    if bind.get_execution_options().get("writes") is False:
        raise ReadOnlySession("a session for reading was used to write")
    session.info[WROTE] = True


@event.listens_for(Session, "after_flush")
def _on_flush(session: Session, _: object) -> None:
    note_write(session)


@event.listens_for(Session, "do_orm_execute")
def _on_execute(state: ORMExecuteState) -> None:
    if state.is_insert or state.is_update or state.is_delete:
        note_write(state.session)


@event.listens_for(Session, "after_commit")
@event.listens_for(Session, "after_rollback")
def _on_end(session: Session) -> None:
    if session.get_nested_transaction() is None:  # the end of a savepoint is not that of the transaction
        session.info.pop(WROTE, None)
