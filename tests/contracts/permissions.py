"""Permissions: the table that the test suite checks the server against.

A new route that declares who has to sign in has its line already. One that needs nobody is listed in
WITHOUT_LOGIN, and one whose resource has an owner in OWNED. If a valid request needs a row that does not
exist, create it in `make_good` of tests/bad_input/conftest.py or, for this route only, in PREPARATIONS of
tests/contracts/roles.py.

A new role: add a field to `Policy`, which then requires it in every policy, and define the role in `_cast` of
tests/contracts/roles.py.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields

from pamps.auth import freshly_logged_in, logged_in, signed_in, superuser
from pamps.http.route import Route
from pamps.routes import ROUTERS

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

# Routes that need nobody to sign in: an explicit list. OPEN ignores tokens; with PUBLIC, a token changes what
# is shown, and must be valid.
WITHOUT_LOGIN = {
    "get /health/": OPEN,
    "get /ready/": OPEN,
    "post /token": OPEN,
    "post /refresh_token": OPEN,
    "post /logout/": LOG_OUT,
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
    "get /post/": PUBLIC,
    "get /post/user/{username}/": PUBLIC,
    "get /post/likes/{username}/": PUBLIC,
    "get /post/{post_id}/": PUBLIC,
    "get /post/{post_id}/replies/": PUBLIC,
    "get /post/{post_id}/thread/": PUBLIC,
    "get /post/{post_id}/likes/": PUBLIC,
}
# Routes where the access that they declare is not all that counts.
OWNED = {
    "delete /session/{session_id}/": hidden("session_not_found"),
    "delete /access_token/{token_id}/": hidden("access_token_not_found"),
    "patch /user/me/": PROFILE,  # the valid request changes the e-mail address
    "put /post/{post_id}/": AUTHOR,
    "patch /post/{post_id}/": AUTHOR,
    "delete /post/{post_id}/": AUTHOR_OR_ADMIN,
}
# The policy of any other route, by its strictest access: for reading and for writing.
DECLARED = {
    superuser: (ADMIN_READ, ADMIN_WRITE),
    freshly_logged_in: (FRESH, FRESH),
    logged_in: (LOGIN_READ, LOGIN_WRITE),
    signed_in: (READ, WRITE),
}


def declared_policies() -> Iterator[tuple[str, Policy]]:
    """The policies of routes that declare that somebody has to sign in."""
    for route in (route for router in ROUTERS for route in router.routes if isinstance(route, Route)):
        access = next((access for access in DECLARED if access in route.plan.accesses), None)
        if access is not None:
            for method in route.methods or ():
                yield f"{method.lower()} {route.path}", DECLARED[access][route.plan.writes]


PERMISSIONS = dict(declared_policies()) | OWNED | WITHOUT_LOGIN

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
            f"Say who may `{operation}`: see WITHOUT_LOGIN and OWNED in tests/contracts/permissions.py."
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
