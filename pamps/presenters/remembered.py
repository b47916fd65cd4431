"""JSON of rows that are shown again and again: made once, and remembered."""

from collections.abc import Callable, Hashable
from functools import lru_cache, wraps
from typing import TypeVar

from sqlmodel import SQLModel

from pamps.http.json_bytes import JsonBytes

Row = TypeVar("Row", bound=Hashable)
# Rows of each kind that a process remembers: some 3 MB of posts of ordinary length.
REMEMBERED = 2_000


def remembered(build: Callable[[Row], SQLModel]) -> Callable[[Row], JsonBytes]:
    """Decorates a function that builds the response for a row: it gives the JSON of it instead, and remembers
    that.

    A row that reads the same looks the same. Since the whole row is the key, nothing here can be out of date,
    whoever changed the database and how.
    """

    @lru_cache(maxsize=REMEMBERED)
    @wraps(build)
    def render(row: Row) -> JsonBytes:
        return to_json(build(row))

    return render


def to_json(response: SQLModel) -> JsonBytes:
    """The JSON of a response."""
    return JsonBytes(response.__pydantic_serializer__.to_json(response))
