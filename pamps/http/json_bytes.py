"""Encoded JSON, and arrays and objects composed of it."""

from collections.abc import Iterable
from typing import NewType

# A JSON value, encoded as UTF-8.
JsonBytes = NewType("JsonBytes", bytes)


def json_list(items: Iterable[JsonBytes]) -> JsonBytes:
    """A JSON array of these values."""
    return JsonBytes(b"[" + b",".join(items) + b"]")


def json_object(**fields: JsonBytes) -> JsonBytes:
    """A JSON object with these fields."""
    return JsonBytes(
        b"{" + b",".join(b'"%b":%b' % (name.encode(), value) for name, value in fields.items()) + b"}"
    )


def with_fields(json: JsonBytes, **fields: JsonBytes) -> JsonBytes:
    """The non-empty JSON object with these fields appended."""
    return JsonBytes(json[:-1] + b"," + json_object(**fields)[1:]) if fields else json
