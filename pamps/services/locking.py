"""Locking and writing rows safely under concurrent requests."""

from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Delete, Update
from sqlmodel import Session, SQLModel, col, delete, select

from pamps.db.prepared import insert_into
from pamps.errors import RefusedToken
from pamps.models.email_token import EmailToken
from pamps.models.post import Post
from pamps.models.rate_limit import RateCount
from pamps.models.types import utc_now
from pamps.models.user import Person, User

SWEEP = 10  # rows

Table = TypeVar("Table", bound=SQLModel)


def lock(session: Session, table: type[User] | type[Post], rows: ColumnElement[bool]) -> set[int]:
    """Lock rows until the end of the transaction; returns the ids of those that exist.

    Two requests that lock in different orders could deadlock. So all callers lock users first, then posts,
    each in one call and in id order. Other transactions may still insert references to a locked row. SQLite
    has a single writer and needs none of this.
    """
    statement = select(table.id).where(rows).order_by(table.id).with_for_update(key_share=True)  # type: ignore[arg-type]
    return set(session.exec(statement))


def lock_accounts(session: Session, own: Person, *others: int) -> set[int]:
    """Lock `own` and other accounts; returns the ids of those that exist. Raises RefusedToken if `own` does
    not.

    Required before adding rows to an account: otherwise it could be deleted concurrently, and the new rows
    would escape its clean-up.
    """
    locked = lock(session, User, col(User.id).in_((own.id, *others)))
    if own.id not in locked:
        raise RefusedToken
    return locked


def add_once(session: Session, table: type[Table], pair: dict[str, Any]) -> tuple[Table, bool]:
    """The row of a unique pair, and whether this call created it.

    The unique constraint decides, not a look-up: any number of concurrent callers create one row.
    """
    statement = insert_into(table).values(pair).on_conflict_do_nothing().returning(table)
    if (row := session.scalars(statement).first()) is not None:
        return row, True
    return session.exec(select(table).filter_by(**pair)).one(), False


def sweep(session: Session, table: type[RateCount] | type[EmailToken]) -> None:
    """Delete some expired rows: more than are created in the meantime, so that the table stays small.

    Never waits: rows locked by others are left for the next sweep.
    """
    expired = select(table.id).where(col(table.expires_at) <= utc_now()).limit(SWEEP)
    change(session, delete(table).where(col(table.id).in_(expired.with_for_update(skip_locked=True))))


def change(session: Session, statement: Update | Delete) -> int:
    """Run a bulk statement and return the number of rows affected.

    Objects already loaded into the session are not updated: read them again before showing them.
    """
    result = session.execute(statement, execution_options={"synchronize_session": False})
    return int(result.rowcount)  # type: ignore[attr-defined]
