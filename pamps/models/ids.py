"""Ids and limits as clients send them: whole numbers within bounds, written in plain digits."""

from typing import Annotated

from annotated_types import Ge, Le
from pydantic import BeforeValidator, Strict, WithJsonSchema

from pamps.db.window import MAX_LIMIT

MAX_ID = 2**63 - 1


def plain_digits(value: object) -> object:
    """Refuse `1_000`, ` 5` and `1.0`, which Python would read as numbers."""
    if isinstance(value, str) and not (value.isascii() and value.isdigit() and len(value) <= 19):
        raise ValueError("Input should be a whole number")
    return value


# The bounds stand before the validator: only so they reach the OpenAPI document.
RowId = Annotated[int, Ge(1), Le(MAX_ID), BeforeValidator(plain_digits)]
# An id, or 0 for the position before all of them.
Position = Annotated[int, Ge(0), Le(MAX_ID), BeforeValidator(plain_digits)]
Limit = Annotated[int, Ge(1), Le(MAX_LIMIT), BeforeValidator(plain_digits)]
# In JSON a number is a number: no text, no true, no 1.0.
# The document leaves its upper bound out: most JSON readers use floats, in which it is not exact.
_DOCUMENTED_ID = WithJsonSchema({"type": "integer", "format": "int64", "minimum": 1})
BodyId = Annotated[int, Strict(), Ge(1), Le(MAX_ID), _DOCUMENTED_ID]
