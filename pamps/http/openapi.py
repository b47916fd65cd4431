"""OpenAPI models and descriptions of errors."""

from typing import Any

from sqlmodel import SQLModel

from pamps.errors import PampsError


class ErrorResponse(SQLModel):
    """Every error: a message for people and a code for programs."""

    detail: str
    code: str


class FieldError(SQLModel):
    """A problem with one field; `field` is its path, such as `body.email`."""

    field: str
    message: str


class ValidationErrorResponse(ErrorResponse):
    """A 422, with the problem of each invalid field."""

    errors: list[FieldError]


def refusals(*errors: type[PampsError]) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI `responses` of a route that may raise these errors, by status."""
    described: dict[int | str, dict[str, Any]] = {}
    for error in errors:
        known = described.setdefault(error.status, {"model": ErrorResponse, "description": ""})
        known["description"] = f"{known['description']} {error.detail} (`{error.code}`)".strip()
    return described
