"""Answers as they are sent: JSON that is made in the thread of the route, and rows that are rendered once."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache, wraps
from typing import Any, Generic, TypeVar

from sqlmodel import SQLModel

from pamps.db.prepared import Row, reader

Model = TypeVar("Model")
# Rendered rows of each kind that a process keeps: some 3 MB of posts of ordinary length.
KEPT = 2_000


@dataclass(frozen=True)
class Json(Generic[Model]):
    """The JSON text of a `Model`, in UTF-8. A route that returns one sends it as it is."""

    content: bytes


def rendered_once(columns: Sequence[Any]) -> Callable[[Callable[..., SQLModel]], Callable[[Row], bytes]]:
    """Decorates a function that makes a response of the values of a row of `columns`: it gives the JSON text
    of it instead, and remembers that.

    A row that reads the same is the same text. Since the whole row is what it is remembered by, nothing here
    can be out of date, whoever changed the database and how.
    """
    read = reader(columns)

    def decorate(make: Callable[..., SQLModel]) -> Callable[[Row], bytes]:
        @lru_cache(maxsize=KEPT)
        def render(row: Row) -> bytes:
            response = make(*read(row))
            return response.__pydantic_serializer__.to_json(response)

        return wraps(make)(render)

    return decorate


def json_list(items: Iterable[bytes]) -> bytes:
    """A JSON array of JSON texts."""
    return b"[" + b",".join(items) + b"]"
