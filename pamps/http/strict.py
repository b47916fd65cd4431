"""Bodies that mean the same to every parser."""

import json
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Parsers disagree on which of two equal keys counts, which attacks use: refuse both."""
    values = dict(pairs)
    if len(values) < len(pairs):
        raise json.JSONDecodeError("Duplicate key", "", 0)
    return values


def _no_constant(name: str) -> None:
    """NaN and Infinity are Python's, not JSON's (RFC 8259, section 6)."""
    raise json.JSONDecodeError(f"{name} is not JSON", "", 0)


def read_json(content: bytes) -> Any:
    """The value of a JSON text. Raises RequestValidationError for what is not JSON, and HTTPException 400 for
    what cannot be read at all."""
    try:
        text = content.decode()  # UTF-8 and nothing else (RFC 8259, section 8.1)
        return json.loads(text, object_pairs_hook=_unique_keys, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        problem = {"type": "json_invalid", "loc": ("body", error.pos), "msg": error.msg, "input": {}}
        raise RequestValidationError([problem]) from error
    except (ValueError, RecursionError) as error:
        raise HTTPException(400) from error


async def read_form(request: Request) -> FormData:
    """The fields of a form; raises HTTPException 400 for one that cannot be read, or has a field twice
    (RFC 6749, section 3.2)."""
    try:
        form = await request.form()
    except HTTPException:
        raise
    except Exception as error:  # the parser raises whatever it meets
        raise HTTPException(400) from error
    if len(form) < len(form.multi_items()):
        await form.close()
        raise HTTPException(400)
    return form


def is_json(content_type: str) -> bool:
    """Whether a Content-Type says that the body is JSON (RFC 6838, section 4.2.8)."""
    media_type = content_type.partition(";")[0].strip().lower()
    main, _, sub = media_type.partition("/")
    return main == "application" and (sub == "json" or sub.endswith("+json"))
