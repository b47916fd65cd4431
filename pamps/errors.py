"""Base classes of errors that carry their HTTP status, code and message."""

RETRY_AFTER_SECONDS = 1


class PampsError(Exception):
    """An error response. Subclasses set `status`, `code`, the message `detail` and, if needed, `headers`."""

    status = 400
    code = "bad_request"
    detail = "The request cannot be processed."
    headers: dict[str, str] | None = None

    def __str__(self) -> str:
        return self.detail


class Unauthorized(PampsError):
    """The request is not authenticated."""

    status = 401
    code = "not_authenticated"
    detail = "Not authenticated"
    headers = {"WWW-Authenticate": "Bearer"}  # noqa: RUF012 - never changed


class RefusedToken(Unauthorized):
    code = "invalid_token"
    detail = "The token is invalid or has expired. Sign in again."


class FreshTokenRequired(Unauthorized):
    code = "fresh_token_required"
    detail = "A fresh token is required. Sign in with your password again."


class Forbidden(PampsError):
    """The viewer is known but lacks permission."""

    status = 403
    code = "forbidden"
    detail = "You are not allowed to change this."


class InsufficientScope(Forbidden):
    code = "insufficient_scope"
    detail = "This access token is read-only."
    headers = {"WWW-Authenticate": 'Bearer error="insufficient_scope"'}  # noqa: RUF012 - never changed


class SessionRequired(Forbidden):
    code = "session_required"
    detail = "This requires a signed-in session; personal access tokens are not accepted."


class SuperuserRequired(Forbidden):
    code = "superuser_required"
    detail = "This requires a superuser."


class NotFound(PampsError):
    """Does not exist, or is not visible to the viewer."""

    status = 404
    code = "not_found"
    detail = "Not Found"


class Conflict(PampsError):
    """The request conflicts with existing data."""

    status = 409
    code = "conflict"
    detail = "This conflicts with existing data."


class TooManyRequests(PampsError):
    """A rate limit was exceeded. The message and headers say which limit and when to retry (RFC 6585, section
    4, and the three headers of draft-ietf-httpapi-ratelimit-headers-03)."""

    status = 429
    code = "too_many_requests"
    detail = "Too many requests. Try again after the number of seconds in Retry-After."

    def __init__(self, what: str, rate: str, limit: int, seconds: int) -> None:
        self.detail = f"Too many {what}: {rate} is the limit. Try again in {seconds} seconds."
        self.headers = {
            "Retry-After": str(seconds),
            "RateLimit-Limit": str(limit),
            "RateLimit-Remaining": "0",
            "RateLimit-Reset": str(seconds),
        }


class Unavailable(PampsError):
    """The database is unavailable or busy; the same request may succeed later."""

    status = 503
    code = "unavailable"
    detail = "The database is temporarily unavailable. Try again later."
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}  # noqa: RUF012 - never changed
