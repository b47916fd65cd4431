"""What the OpenAPI document says about errors."""

from typing import Any

from sqlmodel import SQLModel

from pamps.errors import PampsError


class ErrorResponse(SQLModel):
    """Every error: a sentence for people and a code for programs."""

    detail: str
    code: str


class FieldError(SQLModel):
    """What is wrong with one field; `field` is its path, such as `body.email`."""

    field: str
    message: str


class ValidationErrorResponse(ErrorResponse):
    """A 422: the request was understood and cannot be accepted."""

    errors: list[FieldError]


def refusals(*errors: type[PampsError]) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that may answer with these errors."""
    described: dict[int | str, dict[str, Any]] = {}
    for error in errors:
        known = described.setdefault(error.status, {"model": ErrorResponse, "description": ""})
        known["description"] = f"{known['description']} {error.detail} (`{error.code}`)".strip()
    return described
