"""OpenAPI responses that follow from the parameters and dependencies of a route."""

from typing import Any

from pamps.errors import InsufficientScope, RefusedToken, Unavailable
from pamps.http.declaration import Declaration
from pamps.http.openapi import ErrorResponse, ValidationErrorResponse, refusals

Responses = dict[int | str, dict[str, Any]]

BODY_RESPONSES: Responses = {
    400: {"model": ErrorResponse, "description": "The body cannot be read. (`malformed_body`)"},
}
# A client may send a body to any route.
ANY_RESPONSES: Responses = {
    413: {"model": ErrorResponse, "description": "The body is too large. (`body_too_large`)"},
}
# For safe methods, unless caching is forbidden (see the ETag middleware).
KNOWN_RESPONSES: Responses = {
    304: {"description": "The response has not changed: its `ETag` was sent in `If-None-Match`."},
}
INPUT_RESPONSES: Responses = {
    422: {"model": ValidationErrorResponse, "description": "Some of the input is invalid. (`invalid_input`)"},
}


def document(declared: Declaration, own: Responses) -> Responses:
    """The OpenAPI `responses` of a route: its `own`, and those of its parameters and dependencies."""
    parts = declared.parts
    shared: Responses = dict(ANY_RESPONSES)
    if declared.uses_database:
        shared |= refusals(Unavailable)
    if declared.accesses:
        shared |= refusals(RefusedToken) | ({} if declared.is_safe else refusals(InsufficientScope))
    if declared.body_params:
        shared |= BODY_RESPONSES
    if any(part.body_params or part.path_params or part.query_params for part in parts):
        shared |= INPUT_RESPONSES
    if declared.is_safe and declared.may_be_kept:
        shared |= KNOWN_RESPONSES
    return _merge(shared, own)


def document_security(declared: Declaration) -> dict[str, Any]:
    """The OpenAPI extras of a route with an optional token, which FastAPI would document as required."""
    is_optional = declared.accesses and all(access.check is None for access in declared.accesses)
    return {"security": [{}]} if is_optional else {}


def _merge(shared: Responses, own: Responses) -> Responses:
    """Both sets of responses; where they share a status, the descriptions are joined."""
    merged = dict(shared)
    for code, answer in own.items():
        described = [merged.get(code, {}).get("description"), answer["description"]]
        merged[code] = {**answer, "description": " ".join(filter(None, described))}
    return merged


def already(model: type[Any]) -> Responses:
    """OpenAPI `responses` of an idempotent route: 200 if nothing changed."""
    return {200: {"model": model, "description": "Already done; nothing changed."}}
