"""Permissions: the table that the test suite checks the server against.

A new route: add its line to PERMISSIONS. If no policy fits, add one. If a valid request needs a row that does
not exist, create it in `make_good` of tests/bad_input/conftest.py or, for this route only, in PREPARATIONS of
tests/contracts/roles.py.

A new role: add a field to `Policy`, which then requires it in every policy, and define the role in `_cast` of
tests/contracts/roles.py.
"""

import re
from dataclasses import dataclass, fields

Refusal = tuple[int, str]  # status and code
ALLOWED: Refusal | None = None

WHO = (401, "not_authenticated")
STALE = (401, "fresh_token_required")
SCOPE = (403, "insufficient_scope")
LOGIN = (403, "session_required")
THEIRS = (403, "not_author")
ADMINS = (403, "superuser_required")


@dataclass(frozen=True)
class Policy:
    """The result of a valid request for each role: ALLOWED, or the refusal.

    The request is for a resource of the owner. The last three roles are the owner as well: with a token that
    is not fresh, and with a personal access token for writing or only for reading.
    """

    anonymous: Refusal | None
    owner: Refusal | None
    other_user: Refusal | None
    superuser: Refusal | None
    not_fresh: Refusal | None
    write_token: Refusal | None
    read_token: Refusal | None


def hidden(code: str) -> Policy:
    """The policy of resources that exist only for their owner."""
    return Policy(WHO, ALLOWED, (404, code), (404, code), ALLOWED, LOGIN, SCOPE)


# A table is read by its columns.
# fmt: off
#                        anonymous  owner    other user  superuser  not fresh  write token  read token
OPEN            = Policy(ALLOWED,   ALLOWED, ALLOWED,    ALLOWED,   ALLOWED,   ALLOWED,     ALLOWED)
PUBLIC          = Policy(ALLOWED,   ALLOWED, ALLOWED,    ALLOWED,   ALLOWED,   ALLOWED,     ALLOWED)
READ            = Policy(WHO,       ALLOWED, ALLOWED,    ALLOWED,   ALLOWED,   ALLOWED,     ALLOWED)
WRITE           = Policy(WHO,       ALLOWED, ALLOWED,    ALLOWED,   ALLOWED,   ALLOWED,     SCOPE)
AUTHOR          = Policy(WHO,       ALLOWED, THEIRS,     THEIRS,    ALLOWED,   ALLOWED,     SCOPE)
AUTHOR_OR_ADMIN = Policy(WHO,       ALLOWED, THEIRS,     ALLOWED,   ALLOWED,   ALLOWED,     SCOPE)
PROFILE         = Policy(WHO,       ALLOWED, ALLOWED,    ALLOWED,   STALE,     STALE,       SCOPE)
LOGIN_READ      = Policy(WHO,       ALLOWED, ALLOWED,    ALLOWED,   ALLOWED,   LOGIN,       LOGIN)
LOGIN_WRITE     = Policy(WHO,       ALLOWED, ALLOWED,    ALLOWED,   ALLOWED,   LOGIN,       SCOPE)
FRESH           = Policy(WHO,       ALLOWED, ALLOWED,    ALLOWED,   STALE,     LOGIN,       SCOPE)
LOG_OUT         = Policy(ALLOWED,   ALLOWED, ALLOWED,    ALLOWED,   ALLOWED,   LOGIN,       SCOPE)
ADMIN_READ      = Policy(WHO,       ADMINS,  ADMINS,     ALLOWED,   ADMINS,    LOGIN,       LOGIN)
ADMIN_WRITE     = Policy(WHO,       ADMINS,  ADMINS,     ALLOWED,   ADMINS,    LOGIN,       SCOPE)
# fmt: on

# OPEN ignores tokens; with PUBLIC, a token changes what is shown, and must be valid.
PERMISSIONS = {
    "get /health/": OPEN,
    "get /ready/": OPEN,
    "post /token": OPEN,
    "post /refresh_token": OPEN,
    "post /logout/": LOG_OUT,
    "get /session/": LOGIN_READ,
    "delete /session/": LOGIN_WRITE,
    "delete /session/{session_id}/": hidden("session_not_found"),
    "post /access_token/": FRESH,
    "get /access_token/": LOGIN_READ,
    "delete /access_token/{token_id}/": hidden("access_token_not_found"),
    "post /password_reset/": OPEN,
    "post /password_reset/confirm/": OPEN,
    "post /email_confirmation/": OPEN,
    "post /email_confirmation/confirm/": OPEN,
    "post /user/": OPEN,
    "get /user/": PUBLIC,
    "get /user/{username}/": PUBLIC,
    "get /post/tag/{tag}/feed.xml": OPEN,
    "get /post/tag/{tag}/": PUBLIC,
    "get /tag/": OPEN,
    "get /tag/trending/": PUBLIC,
    "get /search/": PUBLIC,
    "get /user/{username}/feed.xml": OPEN,  # feed readers do not sign in
    "get /user/{username}/followers/": PUBLIC,
    "get /user/{username}/following/": PUBLIC,
    "get /user/me/": READ,
    "patch /user/me/": PROFILE,  # the valid request changes the e-mail address
    "delete /user/me/": FRESH,
    "post /user/me/password/": FRESH,
    "get /user/me/totp/": LOGIN_READ,
    "post /user/me/totp/": FRESH,
    "delete /user/me/totp/": FRESH,
    "post /user/me/totp/confirm/": FRESH,
    "post /user/me/totp/recovery_codes/": FRESH,
    "get /user/timeline/": READ,
    "post /user/follow/{user_id}/": WRITE,
    "delete /user/follow/{user_id}/": WRITE,
    "get /user/mute/": READ,
    "post /user/mute/{user_id}/": WRITE,
    "delete /user/mute/{user_id}/": WRITE,
    "get /user/block/": READ,
    "post /user/block/{user_id}/": WRITE,
    "delete /user/block/{user_id}/": WRITE,
    "get /notification/": READ,
    "get /notification/stream/": READ,
    "post /notification/read/": WRITE,
    "get /post/": PUBLIC,
    "post /post/": WRITE,
    "get /post/user/{username}/": PUBLIC,
    "get /post/likes/{username}/": PUBLIC,
    "get /post/{post_id}/": PUBLIC,
    "put /post/{post_id}/": AUTHOR,
    "patch /post/{post_id}/": AUTHOR,
    "delete /post/{post_id}/": AUTHOR_OR_ADMIN,
    "get /post/{post_id}/replies/": PUBLIC,
    "get /post/{post_id}/thread/": PUBLIC,
    "get /post/{post_id}/likes/": PUBLIC,
    "post /post/{post_id}/like/": WRITE,
    "delete /post/{post_id}/like/": WRITE,
    "get /admin/user/": ADMIN_READ,
    "post /admin/user/{user_id}/deactivate/": ADMIN_WRITE,
    "post /admin/user/{user_id}/activate/": ADMIN_WRITE,
    "delete /admin/user/{user_id}/": ADMIN_WRITE,
    "delete /admin/post/{post_id}/": ADMIN_WRITE,
    "get /admin/audit/": ADMIN_READ,
    "post /admin/invite/": ADMIN_WRITE,
    "get /admin/invite/": ADMIN_READ,
    "delete /admin/invite/{invite_id}/": ADMIN_WRITE,
}

ROLES = [field.name for field in fields(Policy)]
# Who is not signed in is refused here.
SIGNED_IN = {operation for operation, policy in PERMISSIONS.items() if policy.anonymous == WHO}
# A token is read here, and need not be there.
OPTIONAL = {
    operation
    for operation, policy in PERMISSIONS.items()
    if policy is not OPEN and policy.anonymous is ALLOWED
}


def expected(operation: str, role: str) -> Refusal | None:
    """The refusal for the role, or None. Raises LookupError for an operation missing from the table."""
    if operation not in PERMISSIONS:
        raise LookupError(
            f"Say who may `{operation}`: add its line to PERMISSIONS in tests/contracts/permissions.py."
        )
    refusal: Refusal | None = getattr(PERMISSIONS[operation], role)
    return refusal


def fill(path: str) -> str:
    """The path with a name and ids filled in, which need not exist."""
    return re.sub(r"\{\w+\}", "1", path.replace("{username}", "ana"))


def requests(operations: set[str]) -> list[tuple[str, str]]:
    """Method and path of each operation, to be sent without a body."""
    split = [operation.split(" ", 1) for operation in sorted(operations)]
    return [(method.upper(), fill(path)) for method, path in split]
