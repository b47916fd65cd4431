"""Parameters and clauses shared by queries."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, bindparam, literal_column, select
from sqlmodel import Session, col

from pamps.db import current_dialect
from pamps.db.window import WindowShape
from pamps.models.ids import MAX_ID
from pamps.models.post import Post
from pamps.models.types import BigId
from pamps.models.user import Person

# A SELECT with any columns.
Selection = Select[Any]
# A column or an expression. SQLModel types the columns of a table by the values that they hold.
Column = Any
# Ids are assigned before the commit, so dates may be out of order: the maximum number of concurrent inserts.
AT_ONCE = 1_000
VIEWER, USER, POST = (bindparam(name, type_=BigId) for name in ("viewer", "user", "post"))


def as_value(viewer: Person | None) -> dict[str, int]:
    """The parameter VIEWER, which only statements for signed-in viewers have."""
    return {} if viewer is None else {"viewer": viewer.id}


def first_id_since(session: Session, moment: datetime) -> int:
    """A lower bound of the ids of posts since that moment, allowing for concurrent inserts; MAX_ID if there
    are none."""
    since = select(col(Post.id)).where(col(Post.date) >= moment).order_by(col(Post.date)).limit(1)
    first = session.scalar(since)
    return MAX_ID if first is None else max(0, first - AT_ONCE)


def last_id_until(session: Session, moment: datetime) -> int:
    """An upper bound of the ids of posts before that moment; 0 if there are none."""
    until = select(col(Post.id)).where(col(Post.date) < moment).order_by(col(Post.date).desc()).limit(1)
    last = session.scalar(until)
    return 0 if last is None else last + AT_ONCE


def is_there(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether a unique row exists, looked up in an index for each row of the outer statement.

    Unlike for EXISTS, PostgreSQL cannot plan this as a join that first reads all likes or follows of a user.
    """
    return select(literal_column("1")).where(*conditions).scalar_subquery().is_not(None)


def first_pairs(shape: WindowShape, partner: Column, condition: ColumnElement[bool]) -> Subquery:
    """The window of a list of likes, follows or blocks: their ids, and the users or posts at the other end.

    In a subquery, so that PostgreSQL reads them in order from an index. Joined with the partners, it
    underestimates their number, and reads and sorts all of them, even for users with many.
    """
    key = col(partner.class_.id)
    pairs: Selection = select(key.label("id"), partner.label("partner")).where(condition)
    return shape.of(pairs, key).subquery("pairs")


def given(name: str, *columns: str) -> Subquery:
    """A table of integers from the parameter `name`, a list of rows, each a list. It has these columns and
    `position`, the index of the row in the list."""
    return current_dialect().numbers(name, *columns)
