"""How services change rows so that any number of requests may do it at once."""

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
    """Hold the rows until the end of the transaction, and return the ids of those that are there.

    Two requests that lock in different orders would wait for each other for ever. So everybody locks users
    first, then posts, each in one call and by id. Others may still refer to a row that is held. SQLite has
    one writer at a time and needs none of this.
    """
    statement = select(table.id).where(rows).order_by(table.id).with_for_update(key_share=True)  # type: ignore[arg-type]
    return set(session.exec(statement))


def lock_accounts(session: Session, own: Person, *others: int) -> set[int]:
    """Hold one's own account and others, and return the ids of those that are there; raises RefusedToken.

    Whoever adds rows to an account holds it first: otherwise it could be deleted meanwhile, and what is
    added would escape the clearing up.
    """
    held = lock(session, User, col(User.id).in_((own.id, *others)))
    if own.id not in held:
        raise RefusedToken
    return held


def add_once(session: Session, table: type[Table], pair: dict[str, Any]) -> tuple[Table, bool]:
    """The row of a unique pair, and whether this call made it.

    The unique constraint decides, not a look beforehand: any number of callers at once make one row.
    """
    statement = insert_into(table).values(pair).on_conflict_do_nothing().returning(table)
    if (made := session.scalars(statement).first()) is not None:
        return made, True
    return session.exec(select(table).filter_by(**pair)).one(), False


def sweep(session: Session, table: type[RateCount] | type[EmailToken]) -> None:
    """Delete some rows whose end is past: more than are made meanwhile, so that the table does not grow.

    Never waits: what somebody else holds stays for the next time.
    """
    over = select(table.id).where(col(table.expires_at) <= utc_now()).limit(SWEEP)
    change(session, delete(table).where(col(table.id).in_(over.with_for_update(skip_locked=True))))


def change(session: Session, statement: Update | Delete) -> int:
    """Run a statement over a set of rows and return how many it touched.

    Objects that the session has loaded are not brought up to date: read again what you show.
    """
    result = session.execute(statement, execution_options={"synchronize_session": False})
    return int(result.rowcount)  # type: ignore[attr-defined]
