"""What queries share: the values that statements have, and who looks."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, bindparam, literal_column, select
from sqlmodel import Session, col

from pamps.db import current_dialect
from pamps.http.pagination import MAX_ID, Window
from pamps.models.post import Post
from pamps.models.types import BigId
from pamps.models.user import Person

# Ids are given before the commit: so many posts at most are written at the same moment.
AT_ONCE = 1_000
VIEWER, USER, POST = (bindparam(name, type_=BigId) for name in ("viewer", "user", "post"))


def as_value(viewer: Person | None) -> dict[str, int]:
    """The value of VIEWER, which stands in a statement only if somebody is signed in."""
    return {} if viewer is None else {"viewer": viewer.id}


def first_id_since(session: Session, moment: datetime) -> int:
    """An id that no post since that moment is below; posts that were written at the same time may have any
    order. MAX_ID if there is none."""
    since = select(col(Post.id)).where(col(Post.date) >= moment).order_by(col(Post.date)).limit(1)
    first = session.scalar(since)
    return MAX_ID if first is None else max(0, first - AT_ONCE)


def last_id_until(session: Session, moment: datetime) -> int:
    """The same for posts before that moment: an id that none of them is above, 0 if there is none."""
    until = select(col(Post.id)).where(col(Post.date) < moment).order_by(col(Post.date).desc()).limit(1)
    last = session.scalar(until)
    return 0 if last is None else last + AT_ONCE


def is_there(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether a unique row is there, asked of an index for each row of the outer statement.

    Unlike EXISTS, for which PostgreSQL may first read everything that somebody ever liked or followed.
    """
    return select(literal_column("1")).where(*conditions).scalar_subquery().is_not(None)


def first_pairs(window: Window, partner: Any, condition: ColumnElement[bool]) -> Subquery:
    """The window of a list of likes or follows: their ids, and the partners that they lead to.

    On their own, because only so PostgreSQL takes them from the index that has them in order. Joined with the
    partners, it expects so few of them that it reads and sorts all, also those of the famous.
    """
    key = col(partner.class_.id)
    pairs: Select[Any] = select(key.label("id"), partner.label("partner")).where(condition)
    return window.of(pairs, key).subquery("pairs")


def given(name: str, *columns: str) -> Subquery:
    """A table of whole numbers that is the value `name` of the statement: a list of rows, each a list. It has
    these columns, and `position`, by which they are in order."""
    return current_dialect().numbers(name, *columns)
