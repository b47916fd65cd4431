"""Passwords and tokens. Pure: no database, no web framework."""

import time
import uuid
from dataclasses import dataclass
from typing import Literal

from jose import JWTError, jwt
from passlib.context import CryptContext

from pamps.config import settings

ALGORITHM = "HS256"
CLOCK_SKEW_SECONDS = 60

TokenScope = Literal["access_token", "refresh_token"]

# bcrypt alone stops reading after 72 bytes (18 emoji). bcrypt_sha256 hashes the whole password with
# HMAC-SHA-256 first; plain bcrypt hashes, from elsewhere, are still verified.
_passwords = CryptContext(
    schemes=["bcrypt_sha256", "bcrypt"],
    bcrypt_sha256__rounds=settings.security.bcrypt_rounds,
    bcrypt__rounds=settings.security.bcrypt_rounds,
)


class InvalidToken(Exception):
    """The token is not one of ours, not of this scope, or no longer valid."""


@dataclass(frozen=True)
class Claims:
    """What a valid token says: whose it is, and whether its owner has just given the password."""

    user_id: int
    fresh: bool


def hash_password(password: str) -> str:
    """Hash a password of any length. Takes a noticeable time on purpose; holds no lock meanwhile."""
    return str(_passwords.hash(password))


def verify_password(password: str, hashed: str | None) -> bool:
    """Whether `hashed` was made from `password`.

    None takes as long as a real hash, so that the time taken does not tell who has an account.
    """
    if hashed is None:
        _passwords.dummy_verify()
        return False
    try:
        return bool(_passwords.verify(password, hashed))
    except ValueError:  # longer than plain bcrypt takes, or no hash at all
        return False


def sign_token(user_id: int, scope: TokenScope, *, fresh: bool) -> str:
    """A signed token (RFC 7519, HS256) that expires as the settings say."""
    security = settings.security
    minutes = security.access_token_minutes if scope == "access_token" else security.refresh_token_minutes
    now = int(time.time())
    claims = {
        "sub": str(user_id),
        "scope": scope,
        "fresh": fresh,
        "iat": now,
        "exp": now + minutes * 60,
        "jti": uuid.uuid4().hex,
    }
    return str(jwt.encode(claims, security.secret_key, algorithm=ALGORITHM))


def read_token(token: str, scope: TokenScope) -> Claims:
    """The claims of a valid token of that scope; raises InvalidToken for any other."""
    options = {"require_exp": True, "require_sub": True, "require_iat": True}
    try:
        claims = jwt.decode(token, settings.security.secret_key, algorithms=[ALGORITHM], options=options)
        issued = claims["iat"]
        if (
            claims.get("scope") != scope
            or type(issued) is not int
            or issued > time.time() + CLOCK_SKEW_SECONDS
        ):
            raise InvalidToken
        return Claims(user_id=_user_id(claims["sub"]), fresh=claims.get("fresh") is True)
    # Somebody else's token may be broken in more ways than the library expects.
    except (JWTError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise InvalidToken from error


def _user_id(subject: str) -> int:
    """The subject as a row id; anything else means that we did not sign it."""
    if not (subject.isascii() and subject.isdigit() and len(subject) <= 19 and 0 < int(subject) < 2**63):
        raise InvalidToken
    return int(subject)
