"""A cache of the JSON of rows, which are often shown repeatedly."""

from functools import lru_cache

from sqlmodel import SQLModel

from pamps.http.json_bytes import JsonBytes

# Maximum number of cached rows of each kind per process: some 3 MB for posts of usual length.
REMEMBERED = 2_000

# Decorates a function that makes the JSON of a row and depends on nothing else. The key is the whole row, so
# the cache cannot be stale, however the database was changed.
remembered = lru_cache(maxsize=REMEMBERED)


def to_json(response: SQLModel) -> JsonBytes:
    """The JSON of a response."""
    return JsonBytes(response.__pydantic_serializer__.to_json(response))
