"""Strict parsing of request bodies: input that parsers interpret differently is rejected."""

import json
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Reject duplicate keys: parsers disagree on which one counts, which attacks exploit."""
    values = dict(pairs)
    if len(values) < len(pairs):
        raise json.JSONDecodeError("Duplicate key", "", 0)
    return values


def _no_constant(name: str) -> None:
    """Reject NaN and Infinity, which Python accepts but JSON does not have (RFC 8259, section 6)."""
    raise json.JSONDecodeError(f"{name} is not JSON", "", 0)


def read_json(content: bytes) -> Any:
    """Parse JSON. Raises RequestValidationError if it is invalid, and HTTPException 400 if it cannot be
    decoded or is nested too deeply."""
    try:
        text = content.decode()  # UTF-8 only (RFC 8259, section 8.1)
        return json.loads(text, object_pairs_hook=_unique_keys, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        problem = {"type": "json_invalid", "loc": ("body", error.pos), "msg": error.msg, "input": {}}
        raise RequestValidationError([problem]) from error
    except (ValueError, RecursionError) as error:
        raise HTTPException(400) from error


async def read_form(request: Request) -> FormData:
    """The fields of a form. Raises HTTPException 400 if it cannot be parsed or repeats a field (RFC 6749,
    section 3.2)."""
    try:
        form = await request.form()
    except HTTPException:
        raise
    except Exception as error:  # the parser raises all kinds of errors
        raise HTTPException(400) from error
    if len(form) < len(form.multi_items()):
        await form.close()
        raise HTTPException(400)
    return form


def is_json(content_type: str) -> bool:
    """Whether a Content-Type is `application/json` or `application/*+json` (RFC 6838, section 4.2.8)."""
    media_type = content_type.partition(";")[0].strip().lower()
    main, _, sub = media_type.partition("/")
    return main == "application" and (sub == "json" or sub.endswith("+json"))
