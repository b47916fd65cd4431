"""The log entry of a bug: enough to find it, and nothing of what users or the database hold."""

import logging
import traceback

from pydantic import ValidationError

from pamps.db.failures import DATABASE_ERRORS

logger = logging.getLogger(__name__)

# Errors whose message quotes rows, statements or input.
QUOTING = (*DATABASE_ERRORS, ValidationError)


def log_bug(request_id: str, method: str, path: str, error: BaseException) -> None:
    """Log an unexpected error under the request id that the client gets."""
    logger.error("Request %s failed: %s %r\n%s", request_id, method, path, describe_bug(error))


def describe_bug(error: BaseException) -> str:
    """The traceback and the message of an error and of what led to it. Messages are quoted, so that none can
    pass for another line of the log; those that quote rows, statements or input are left out."""
    parts = []
    cause: BaseException | None = error
    while cause is not None:
        message = "" if isinstance(cause, QUOTING) else repr(str(cause))
        frames = "".join(traceback.format_tb(cause.__traceback__))
        parts.append(f"{frames}{type(cause).__module__}.{type(cause).__qualname__}: {message}")
        cause = cause.__cause__ or cause.__context__
    return "\n\nThe above exception led to this one:\n\n".join(reversed(parts))
