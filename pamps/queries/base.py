"""What queries share: the values that statements have, and who looks."""

from sqlalchemy import ColumnElement, bindparam, literal_column, select

from pamps.models.base import BigId
from pamps.models.user import Person

VIEWER, USER, POST = (bindparam(name, type_=BigId) for name in ("viewer", "user", "post"))


def as_value(viewer: Person | None) -> dict[str, int]:
    """The value of VIEWER, which stands in a statement only if somebody is signed in."""
    return {} if viewer is None else {"viewer": viewer.id}


def is_there(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether a unique row is there, asked of an index for each row of the outer statement.

    Unlike EXISTS, for which PostgreSQL may first read everything that somebody ever liked or followed.
    """
    return select(literal_column("1")).where(*conditions).scalar_subquery().is_not(None)
