"""Exception handlers, which render every error in the same format."""

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

# Errors raised by the framework: code and message by status, in Starlette's words where it has some.
HTTP_ERRORS = {
    400: ("malformed_body", "The request body could not be parsed."),
    404: (NotFound.code, NotFound.detail),
    405: ("method_not_allowed", "Method Not Allowed"),
    413: ("body_too_large", "The request body is too large."),
    500: ("internal_error", "Internal Server Error"),
}

# A body may have a hundred thousand unknown keys; the response need not list them all.
MAX_PROBLEMS = 50


def error_response(
    status: int, code: str, detail: str, headers: dict[str, str] | None = None, **more: Any
) -> JSONResponse:
    """An error response; every error is rendered here. `more` are additional fields of the body."""
    return JSONResponse({"detail": detail, "code": code, **more}, status, headers)


# Handlers are `async` because they never block; plain functions would be run in a thread.


async def _on_pamps_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, PampsError)  # noqa: S101 - for the type checker
    return error_response(error.status, error.code, error.detail, error.headers)


async def _on_http_error(_: Request, error: Exception) -> JSONResponse:
    """Errors raised by the framework, such as an unknown path, a wrong method or an unreadable body."""
    assert isinstance(error, HTTPException)  # noqa: S101 - for the type checker
    code, detail = HTTP_ERRORS.get(error.status_code, ("http_error", "The request was refused."))
    return error_response(error.status_code, code, detail, dict(error.headers or {}))


async def _on_validation_error(_: Request, error: Exception) -> JSONResponse:
    """A 422 that names fields of the schema and never repeats the input."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - for the type checker
    problems = [_field_error(problem) for problem in error.errors()[:MAX_PROBLEMS]]
    return error_response(422, "invalid_input", "The request is invalid; see `errors`.", errors=problems)


def _field_error(problem: dict[str, Any]) -> dict[str, str]:
    location, message = [str(part) for part in problem["loc"]], str(problem["msg"])
    if problem["type"] == "json_invalid":
        location, message = ["body"], "This is not valid JSON"
    if problem["type"] == "model_attributes_type":
        message = "Input should be a JSON object, sent with Content-Type: application/json"
    if problem["type"] == "extra_forbidden":  # the last part was chosen by the client
        location, message = location[:-1], "Unknown key"
    return {"field": ".".join(location), "message": message.removeprefix("Value error, ")}


async def _on_database_error(_: Request, error: Exception) -> JSONResponse:
    """A 503 if the database is unreachable, busy or full; a 409 for a constraint violation that no service
    handled."""
    if isinstance(error, IntegrityError):
        logger.warning("Unhandled constraint violation: %s", violated_constraint(error))
        return error_response(Conflict.status, Conflict.code, Conflict.detail)
    if is_transient(error):
        logger.warning("Database unavailable: %s", str(error).splitlines()[0])
        return error_response(503, Unavailable.code, Unavailable.detail, Unavailable.headers)
    raise error


def install_error_handlers(app: FastAPI) -> None:
    """Register the exception handlers, so that `app` renders every error in the same format."""
    app.add_exception_handler(PampsError, _on_pamps_error)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    for database_error in DATABASE_ERRORS:
        app.add_exception_handler(database_error, _on_database_error)
    app.add_exception_handler(PoolTimeoutError, _on_database_error)
