"""Refusals that know their HTTP status, and the one shape in which every error leaves the API."""

import logging
import sqlite3
import uuid
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlmodel import SQLModel
from starlette.exceptions import HTTPException

logger = logging.getLogger(__name__)

RETRY_AFTER_SECONDS = 1
PASSING_SQLITE_CODES = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_READONLY,
}


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


class PampsError(Exception):
    """A refusal. Subclasses set `status`, `code` and the sentence; `headers` go out with the answer."""

    status = 400
    code = "bad_request"
    detail = "The request cannot be carried out."
    headers: dict[str, str] | None = None

    def __str__(self) -> str:
        return self.detail


class Unauthorized(PampsError):
    """Who are you?"""

    status = 401
    code = "not_authenticated"
    detail = "Sign in first: send an access token."
    headers = {"WWW-Authenticate": "Bearer"}  # noqa: RUF012 - never changed


class Forbidden(PampsError):
    """Known, but not allowed."""

    status = 403
    code = "forbidden"
    detail = "This is not yours to change."


class NotFound(PampsError):
    """Not there, or not visible to the one who asks."""

    status = 404
    code = "not_found"
    detail = "There is nothing here."


class Conflict(PampsError):
    """Clashes with what exists."""

    status = 409
    code = "conflict"
    detail = "This clashes with what is already there."


class Unavailable(PampsError):
    """The database cannot be asked right now; the same request may succeed later."""

    status = 503
    code = "unavailable"
    detail = "The database is not available right now. Try again."
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}  # noqa: RUF012 - never changed


def refusals(*errors: type[PampsError]) -> dict[int | str, dict[str, Any]]:
    """OpenAPI `responses` of a route that may answer with these errors."""
    described: dict[int | str, dict[str, Any]] = {}
    for error in errors:
        known = described.setdefault(error.status, {"model": ErrorResponse, "description": ""})
        known["description"] = f"{known['description']} {error.detail} (`{error.code}`)".strip()
    return described


def error_response(
    status: int, code: str, detail: str, headers: dict[str, str] | None = None, **more: Any
) -> JSONResponse:
    """The one place that renders an error."""
    return JSONResponse({"detail": detail, "code": code, **more}, status, headers)


HTTP_ERRORS = {
    400: ("malformed_body", "The body cannot be read."),
    404: (NotFound.code, NotFound.detail),
    405: ("method_not_allowed", "This address does not answer to that method."),
    413: ("body_too_large", "The body is too large."),
}


# Handlers are `async`: they never wait, and a plain function would cost each error a thread.


async def _on_pamps_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, PampsError)  # noqa: S101 - told to the type checker
    return error_response(error.status, error.code, error.detail, error.headers)


async def _on_http_error(_: Request, error: Exception) -> JSONResponse:
    """What the framework refuses by itself: no such route, wrong method, unreadable body."""
    assert isinstance(error, HTTPException)  # noqa: S101 - told to the type checker
    code, detail = HTTP_ERRORS.get(error.status_code, ("http_error", "The request was refused."))
    return error_response(error.status_code, code, detail, dict(error.headers or {}))


async def _on_validation_error(_: Request, error: Exception) -> JSONResponse:
    """A 422 that names our own fields and never repeats what was sent."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - told to the type checker
    problems = [_field_error(problem) for problem in error.errors()]
    return error_response(422, "invalid_input", "Some of what was sent is not valid.", errors=problems)


def _field_error(problem: dict[str, Any]) -> dict[str, str]:
    location, message = [str(part) for part in problem["loc"]], str(problem["msg"])
    if problem["type"] == "json_invalid":
        location, message = ["body"], "This is not valid JSON"
    if problem["type"] == "model_attributes_type":
        message = "This has to be a JSON object, sent with the header Content-Type: application/json"
    if problem["type"] == "extra_forbidden":  # the last part is the client's own word
        location, message = location[:-1], "There is a key that is not known here"
    return {"field": ".".join(location), "message": message.removeprefix("Value error, ")}


async def _on_database_error(_: Request, error: Exception) -> JSONResponse:
    """A database that is gone, busy or full is a 503; a constraint that no service explained is a 409."""
    if isinstance(error, IntegrityError):
        logger.warning("Unexplained constraint violation: %s", violated_constraint(error))
        return error_response(Conflict.status, Conflict.code, Conflict.detail)
    if isinstance(error, PoolTimeoutError) or (isinstance(error, DBAPIError) and is_passing(error)):
        logger.warning("Database not available: %s", str(error).splitlines()[0])
        return error_response(503, Unavailable.code, Unavailable.detail, Unavailable.headers)
    raise error


def violated_constraint(error: IntegrityError) -> str:
    """The name of the constraint. SQLite tells it in a message without values, PostgreSQL in a field."""
    diagnosis = getattr(error.orig, "diag", None)
    return str(diagnosis.constraint_name if diagnosis else error.orig)


def is_passing(error: DBAPIError) -> bool:
    """Whether the same request may succeed later. SQLite has one class for a locked file and for a misspelt
    column; only its code tells them apart."""
    if error.connection_invalidated:
        return True
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is not None:
        return code & 0xFF in PASSING_SQLITE_CODES
    return isinstance(error, OperationalError)


async def _on_bug(request: Request, error: Exception) -> JSONResponse:
    """A 500 says nothing but a number by which the log line can be found."""
    request_id = uuid.uuid4().hex
    logger.error(
        "Request %s failed: %s %s", request_id, request.method, request.scope["path"], exc_info=error
    )
    headers = {"X-Request-ID": request_id}
    return error_response(500, "internal_error", "Something went wrong on our side.", headers)


def install_error_handlers(app: FastAPI) -> None:
    """Make `app` answer every error in the one shape."""
    app.add_exception_handler(PampsError, _on_pamps_error)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(DBAPIError, _on_database_error)
    app.add_exception_handler(PoolTimeoutError, _on_database_error)
    app.add_exception_handler(Exception, _on_bug)
