"""Logs unexpected errors with a traceback, without data of users or of the database."""

import logging
import traceback

from pydantic import ValidationError

from pamps.db.failures import DATABASE_ERRORS

logger = logging.getLogger(__name__)

# Errors whose message quotes rows, statements or input.
QUOTING = (*DATABASE_ERRORS, ValidationError)


def log_bug(request_id: str, method: str, path: str, error: BaseException) -> None:
    """Log an unexpected error with the request id that the response has."""
    logger.error("Request %s failed: %s %r\n%s", request_id, method, path, describe_bug(error))


def describe_bug(error: BaseException) -> str:
    """The traceback and message of an error and of its causes. Messages are quoted, so that none can forge
    another log line; those of errors that quote rows, statements or input are left out."""
    parts = []
    cause: BaseException | None = error
    while cause is not None:
        message = "" if isinstance(cause, QUOTING) else repr(str(cause))
        frames = "".join(traceback.format_tb(cause.__traceback__))
        parts.append(f"{frames}{type(cause).__module__}.{type(cause).__qualname__}: {message}")
        cause = cause.__cause__ or cause.__context__
    return "\n\nThe above exception led to this one:\n\n".join(reversed(parts))
