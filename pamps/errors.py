"""Refusals that know their HTTP status, and the one shape in which every error leaves the API."""

import logging
import sqlite3
import traceback
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from psycopg2 import Error as PostgresError
from psycopg2 import OperationalError as PostgresOperationalError
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlmodel import SQLModel
from starlette.exceptions import HTTPException

logger = logging.getLogger(__name__)

RETRY_AFTER_SECONDS = 1
# A body may hold a hundred thousand unknown keys; the answer need not complain of each.
MAX_PROBLEMS = 50
PASSING_SQLITE_CODES = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_PROTOCOL,
}
DATABASE_ERRORS = (DBAPIError, PostgresError, sqlite3.Error)


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


class RefusedToken(Unauthorized):
    code = "invalid_token"
    detail = "The token is not valid, or not any more. Sign in again."


class FreshTokenRequired(Unauthorized):
    code = "fresh_token_required"
    detail = "This needs a fresh token: sign in with your password again."


class Forbidden(PampsError):
    """Known, but not allowed."""

    status = 403
    code = "forbidden"
    detail = "This is not yours to change."


class InsufficientScope(Forbidden):
    code = "insufficient_scope"
    detail = "This access token may only read."
    headers = {"WWW-Authenticate": 'Bearer error="insufficient_scope"'}  # noqa: RUF012 - never changed


class SessionRequired(Forbidden):
    code = "session_required"
    detail = "This needs a login: an access token of your own making is not enough."


class SuperuserRequired(Forbidden):
    code = "superuser_required"
    detail = "This is for superusers."


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


class TooManyRequests(PampsError):
    """Slow down. Says what there was too much of and when to come back (RFC 6585, section 4, and the three
    headers of draft-ietf-httpapi-ratelimit-headers-03)."""

    status = 429
    code = "too_many_requests"
    detail = "Too much of this in too short a time. Try again after the seconds of Retry-After."

    def __init__(self, what: str, rate: str, limit: int, seconds: int) -> None:
        self.detail = f"Too many {what}: {rate} is the limit. Try again in {seconds} seconds."
        self.headers = {
            "Retry-After": str(seconds),
            "RateLimit-Limit": str(limit),
            "RateLimit-Remaining": "0",
            "RateLimit-Reset": str(seconds),
        }


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
    500: ("internal_error", "Something went wrong on our side."),
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
    problems = [_field_error(problem) for problem in error.errors()[:MAX_PROBLEMS]]
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
    if is_passing(error):
        logger.warning("Database not available: %s", str(error).splitlines()[0])
        return error_response(503, Unavailable.code, Unavailable.detail, Unavailable.headers)
    raise error


def violated_constraint(error: IntegrityError) -> str:
    """The name of the constraint. SQLite tells it in a message without values, PostgreSQL in a field."""
    diagnosis = getattr(error.orig, "diag", None)
    return str(diagnosis.constraint_name if diagnosis else error.orig)


def is_passing(error: BaseException | None) -> bool:
    """Whether the same request may succeed later, by the error of a driver, of SQLAlchemy or of our queues.
    SQLite has one class for a locked file and for a misspelt column; only its code tells them apart."""
    cause: object = error
    if isinstance(error, Unavailable | PoolTimeoutError):
        return True
    if isinstance(error, DBAPIError):
        if error.connection_invalidated:
            return True
        cause = error.orig
    code = getattr(cause, "sqlite_errorcode", None)
    if code is not None:
        return code & 0xFF in PASSING_SQLITE_CODES
    # 25006: read only, as a standby is until it takes over.
    is_operational = isinstance(error, OperationalError | PostgresOperationalError)
    return is_operational or getattr(cause, "pgcode", None) == "25006"


def log_bug(request_id: str, method: str, path: str, error: BaseException) -> None:
    """Log what nobody expected under the number that the client was told."""
    logger.error("Request %s failed: %s %r\n%s", request_id, method, path, describe_bug(error))


def describe_bug(error: BaseException) -> str:
    """Where an error came from and what it says. A message is quoted, so that it cannot pretend to be another
    line of the log; those of a database are left out, because they quote rows and statements."""
    parts = []
    cause: BaseException | None = error
    while cause is not None:
        said = "" if isinstance(cause, DATABASE_ERRORS) else repr(str(cause))
        frames = "".join(traceback.format_tb(cause.__traceback__))
        parts.append(f"{frames}{type(cause).__module__}.{type(cause).__qualname__}: {said}")
        cause = cause.__cause__ or cause.__context__
    return "\n\nThe above exception led to this one:\n\n".join(reversed(parts))


def install_error_handlers(app: FastAPI) -> None:
    """Make `app` answer every error in the one shape."""
    app.add_exception_handler(PampsError, _on_pamps_error)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    for database_error in DATABASE_ERRORS:
        app.add_exception_handler(database_error, _on_database_error)
    app.add_exception_handler(PoolTimeoutError, _on_database_error)
