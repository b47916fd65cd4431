"""Refusals that know their HTTP status, and what can be told of an error."""

import logging
import sqlite3
import traceback
from typing import Any

from psycopg2 import Error as PostgresError
from psycopg2 import OperationalError as PostgresOperationalError
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlmodel import SQLModel

logger = logging.getLogger(__name__)

RETRY_AFTER_SECONDS = 1
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


class SchemaError(Exception):
    """The schema cannot be brought to the newest; the message is one line that says why."""


def refusals(*errors: type[PampsError]) -> dict[int | str, dict[str, Any]]:
    """OpenAPI `responses` of a route that may answer with these errors."""
    described: dict[int | str, dict[str, Any]] = {}
    for error in errors:
        known = described.setdefault(error.status, {"model": ErrorResponse, "description": ""})
        known["description"] = f"{known['description']} {error.detail} (`{error.code}`)".strip()
    return described


HTTP_ERRORS = {
    400: ("malformed_body", "The body cannot be read."),
    404: (NotFound.code, NotFound.detail),
    405: ("method_not_allowed", "This address does not answer to that method."),
    413: ("body_too_large", "The body is too large."),
    500: ("internal_error", "Something went wrong on our side."),
}


def violated_constraint(error: IntegrityError) -> str:
    """The name of the constraint. SQLite tells it in a message without values, PostgreSQL in a field."""
    diagnosis = getattr(error.orig, "diag", None)
    return str(diagnosis.constraint_name if diagnosis else error.orig)


def is_transient(error: BaseException | None) -> bool:
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
