"""The handlers that give every error the one shape in which it leaves the API."""

import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException

from pamps.db.failures import DATABASE_ERRORS, is_transient, violated_constraint
from pamps.errors import Conflict, NotFound, PampsError, Unavailable

logger = logging.getLogger(__name__)

# What the framework refuses by itself, in the words of Starlette where it has some.
HTTP_ERRORS = {
    400: ("malformed_body", "The request body could not be parsed."),
    404: (NotFound.code, NotFound.detail),
    405: ("method_not_allowed", "Method Not Allowed"),
    413: ("body_too_large", "The request body is too large."),
    500: ("internal_error", "Internal Server Error"),
}

# A body may hold a hundred thousand unknown keys; the answer need not complain of each.
MAX_PROBLEMS = 50


def error_response(
    status: int, code: str, detail: str, headers: dict[str, str] | None = None, **more: Any
) -> JSONResponse:
    """The one place that renders an error."""
    return JSONResponse({"detail": detail, "code": code, **more}, status, headers)


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
    return error_response(422, "invalid_input", "The request is invalid; see `errors`.", errors=problems)


def _field_error(problem: dict[str, Any]) -> dict[str, str]:
    location, message = [str(part) for part in problem["loc"]], str(problem["msg"])
    if problem["type"] == "json_invalid":
        location, message = ["body"], "This is not valid JSON"
    if problem["type"] == "model_attributes_type":
        message = "Input should be a JSON object, sent with Content-Type: application/json"
    if problem["type"] == "extra_forbidden":  # the last part is the client's own word
        location, message = location[:-1], "Unknown key"
    return {"field": ".".join(location), "message": message.removeprefix("Value error, ")}


async def _on_database_error(_: Request, error: Exception) -> JSONResponse:
    """A database that is gone, busy or full is a 503; a constraint that no service explained is a 409."""
    if isinstance(error, IntegrityError):
        logger.warning("Unexplained constraint violation: %s", violated_constraint(error))
        return error_response(Conflict.status, Conflict.code, Conflict.detail)
    if is_transient(error):
        logger.warning("Database not available: %s", str(error).splitlines()[0])
        return error_response(503, Unavailable.code, Unavailable.detail, Unavailable.headers)
    raise error


def install_error_handlers(app: FastAPI) -> None:
    """Make `app` answer every error in the one shape."""
    app.add_exception_handler(PampsError, _on_pamps_error)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    for database_error in DATABASE_ERRORS:
        app.add_exception_handler(database_error, _on_database_error)
    app.add_exception_handler(PoolTimeoutError, _on_database_error)
