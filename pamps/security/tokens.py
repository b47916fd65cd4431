"""Passwords and tokens. Pure: no database, no web framework."""

import base64
import hashlib
import secrets
import time
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, Literal

from jose import JWTError, jwt
from passlib.context import CryptContext

from pamps.config import settings
from pamps.config.schema import Scheme, SecuritySettings

ALGORITHM = "HS256"
CLOCK_SKEW_SECONDS = 60

# So that people and scanners know a leaked one when they see it.
ACCESS_TOKEN_PREFIX = "pamps_"  # noqa: S105 - no secret

TokenScope = Literal["access_token", "refresh_token"]

# bcrypt alone stops reading after 72 bytes (18 emoji). bcrypt_sha256 hashes the whole password with
# HMAC-SHA-256 first; plain bcrypt hashes, from elsewhere, are still verified.
FAMILIES: dict[Scheme, list[str]] = {"bcrypt": ["bcrypt_sha256", "bcrypt"], "argon2": ["argon2"]}


def make_context(security: SecuritySettings) -> CryptContext:
    """How passwords are hashed: with the first scheme of the settings; those of the others are verified."""
    return CryptContext(
        schemes=[name for scheme in security.password_schemes for name in FAMILIES[scheme]],
        deprecated="auto",
        bcrypt_sha256__rounds=security.bcrypt_rounds,
        bcrypt__rounds=security.bcrypt_rounds,
        # The second choice of RFC 9106 asks for 64 MiB; a server with many logins at once follows OWASP's 19.
        argon2__memory_cost=19 * 1024,
        argon2__time_cost=2,
        argon2__parallelism=1,
    )


@cache
def _passwords() -> CryptContext:
    return make_context(settings.security)


class InvalidToken(Exception):
    """The token is not one of ours, not of this scope, or no longer valid."""


class TokenId(str):
    """The `jti` of a token: random, and known to nobody who does not have the token."""

    @classmethod
    def new(cls) -> "TokenId":
        """One that was never used before."""
        return cls(secrets.token_hex(16))

    @property
    def hashed(self) -> str:
        """What a database may know of it."""
        return digest(self)


@dataclass(frozen=True)
class Claims:
    """What a valid token says: whose it is, of which session, and whether its owner has just given the
    password."""

    user_id: int
    session_id: int
    id: TokenId
    fresh: bool


def hash_password(password: str) -> str:
    """Hash a password of any length. Takes a noticeable time on purpose; holds no lock meanwhile."""
    return str(_passwords().hash(password))


def verify_password(password: str, hashed: str | None) -> bool:
    """Whether `hashed` was made from `password`.

    None takes as long as a real hash, so that the time taken does not tell who has an account.
    """
    if hashed is None:
        _passwords().dummy_verify()
        return False
    try:
        return bool(_passwords().verify(password, hashed))
    except ValueError:  # longer than plain bcrypt takes, or no hash at all
        return False


def digest(secret: str) -> str:
    """The SHA-256 of a secret that we made, in hex. It has too many bits to be guessed, so it needs no salt
    and no slowness."""
    return hashlib.sha256(secret.encode()).hexdigest()


def is_outdated(hashed: str) -> bool:
    """Whether a hash would be made in another way today: by another scheme, or at another cost."""
    return bool(_passwords().needs_update(hashed))


def new_access_token() -> str:
    """A personal access token: 256 random bits behind a prefix."""
    return ACCESS_TOKEN_PREFIX + secrets.token_urlsafe(32)


def new_code() -> str:
    """A code that people send each other: 120 random bits in small letters and digits."""
    return base64.b32encode(secrets.token_bytes(15)).decode().lower()


def seconds_to_live(scope: TokenScope, until: datetime) -> int:
    """How long a token that is signed now lives: as long as the settings say, and not beyond `until`."""
    security = settings.security
    minutes = security.access_token_minutes if scope == "access_token" else security.refresh_token_minutes
    return min(minutes * 60, int(until.timestamp()) - int(time.time()))


def sign_token(claims: Claims, scope: TokenScope, until: datetime) -> str:
    """A signed token (RFC 7519, HS256) that expires as the settings say, and not after `until`."""
    now = int(time.time())
    payload = {
        "sub": str(claims.user_id),
        "sid": claims.session_id,
        "scope": scope,
        "fresh": claims.fresh,
        "iat": now,
        "exp": now + seconds_to_live(scope, until),
        "jti": claims.id,
    }
    return str(jwt.encode(payload, settings.security.secret_key, algorithm=ALGORITHM))


@lru_cache(maxsize=1000)
def _decode(token: str) -> dict[str, Any]:
    """What a token that we signed says; raises JWTError for any other.

    Clients send the same one again and again, and checking the signature takes longer than asking the
    database for the session. What changes with time is not remembered: `read_token` looks at the end again.
    """
    options = {"require_exp": True, "require_sub": True, "require_iat": True, "require_jti": True}
    payload: dict[str, Any] = jwt.decode(
        token, settings.security.secret_key, algorithms=[ALGORITHM], options=options
    )
    return payload


def read_token(token: str, scope: TokenScope) -> Claims:
    """The claims of a valid token of that scope; raises InvalidToken for any other."""
    try:
        payload = _decode(token)
        issued = payload["iat"]
        if (
            payload.get("scope") != scope
            or int(payload["exp"]) <= time.time()
            or type(issued) is not int
            or issued > time.time() + CLOCK_SKEW_SECONDS
        ):
            raise InvalidToken
        return Claims(
            user_id=_row_id(payload["sub"]),
            session_id=_row_id(str(payload.get("sid"))),
            id=TokenId(payload["jti"]),
            fresh=payload.get("fresh") is True,
        )
    # Somebody else's token may be broken in more ways than the library expects.
    except (JWTError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise InvalidToken from error


def _row_id(text: str) -> int:
    """The text as a row id; anything else means that we did not sign it."""
    if not (text.isascii() and text.isdigit() and len(text) <= 19 and 0 < int(text) < 2**63):
        raise InvalidToken
    return int(text)
