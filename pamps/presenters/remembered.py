"""A cache of the JSON of rows, which are often shown repeatedly."""

from collections.abc import Callable, Hashable
from functools import lru_cache, wraps
from typing import TypeVar

from sqlmodel import SQLModel

from pamps.http.json_bytes import JsonBytes

Row = TypeVar("Row", bound=Hashable)
# Maximum number of cached rows of each kind per process: some 3 MB for posts of usual length.
REMEMBERED = 2_000


def remembered(build: Callable[[Row], SQLModel]) -> Callable[[Row], JsonBytes]:
    """Decorates a function that builds the response for a row: the result is its JSON, which is cached.

    The key is the whole row, and equal rows have the same JSON. So the cache cannot be stale, however the
    database was changed.
    """

    @lru_cache(maxsize=REMEMBERED)
    @wraps(build)
    def render(row: Row) -> JsonBytes:
        return to_json(build(row))

    return render


def to_json(response: SQLModel) -> JsonBytes:
    """The JSON of a response."""
    return JsonBytes(response.__pydantic_serializer__.to_json(response))
