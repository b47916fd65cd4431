"""Sessions and their transactions. Nothing else in Pamps commits."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState
from sqlmodel import Session

from pamps.db.database import get_database

logger = logging.getLogger(__name__)

WROTE = "pamps.wrote"


class UncommittedWrites(RuntimeError):
    """`own_transaction` was called on a session with uncommitted writes."""


class ReadOnlySession(RuntimeError):
    """A request that reads has written: on PostgreSQL without a transaction, on SQLite for nothing."""


@contextmanager
def unit_of_work(*, writes: bool) -> Iterator[Session]:
    """The session of a request: committed at the end if it writes, rolled back on an error.

    Ending a session that began no transaction costs nothing.
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
    """A session for commands and jobs, without a statement timeout: committed at the end, rolled back on an
    error."""
    database = get_database()
    with database.session(writes=True) as session:
        database.dialect.lift_statement_timeout(session.connection())
        yield session
        session.commit()


@contextmanager
def own_transaction(session: Session) -> Iterator[Session]:
    """A session with its own transaction, for small writes by any request, including those that only read.
    The writes persist even if the request fails later.

    The transaction of the request ends first, so that no request holds two connections. Raises
    UncommittedWrites if the request has written anything, which would be committed incompletely.
    """
    if has_written(session):
        raise UncommittedWrites("own_transaction() would commit what this session has written")
    session.commit()
    with get_database().session(writes=True) as writing:
        yield writing
        writing.commit()


def commit_early(session: Session, *, because: str) -> None:
    """Commit the writes of the request so far, and release its connection. They persist even if an error
    follows; loaded objects stay usable.

    For use before slow work, such as hashing a password, during which all other writers would wait, and for
    writes that an error must not roll back.
    """
    logger.debug("Committed early: %s", because)
    session.commit()


def has_written(session: Session) -> bool:
    """Whether a session has written in its transaction, including by `run`, or has pending changes."""
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
        note_write(cast(Session, state.session))


@event.listens_for(Session, "after_commit")
@event.listens_for(Session, "after_rollback")
def _on_end(session: Session) -> None:
    if session.get_nested_transaction() is None:  # the end of a savepoint does not end the transaction
        session.info.pop(WROTE, None)
