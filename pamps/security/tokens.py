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

# So that people and secret scanners recognise a leaked token.
ACCESS_TOKEN_PREFIX = "pamps_"  # noqa: S105 - no secret

TokenScope = Literal["access_token", "refresh_token"]

# bcrypt alone stops reading after 72 bytes (18 emoji). bcrypt_sha256 hashes the whole password with
# HMAC-SHA-256 first; plain bcrypt hashes, from elsewhere, are still verified.
FAMILIES: dict[Scheme, list[str]] = {"bcrypt": ["bcrypt_sha256", "bcrypt"], "argon2": ["argon2"]}


def make_context(security: SecuritySettings) -> CryptContext:
    """The hashing context: hashes with the first configured scheme, verifies all configured ones."""
    return CryptContext(
        schemes=[name for scheme in security.password_schemes for name in FAMILIES[scheme]],
        deprecated="auto",
        bcrypt_sha256__rounds=security.bcrypt_rounds,
        bcrypt__rounds=security.bcrypt_rounds,
        # RFC 9106's second recommendation is 64 MiB; for many concurrent logins OWASP's 19 MiB are used.
        argon2__memory_cost=19 * 1024,
        argon2__time_cost=2,
        argon2__parallelism=1,
    )


@cache
def _passwords() -> CryptContext:
    return make_context(settings.security)


class InvalidToken(Exception):
    """The token was not issued by this server, has another scope, or has expired."""


class TokenId(str):
    """The `jti` of a token: random, and known only to holders of the token."""

    @classmethod
    def new(cls) -> "TokenId":
        """A new random id."""
        return cls(secrets.token_hex(16))

    @property
    def hashed(self) -> str:
        """The form in which it may be stored."""
        return digest(self)


@dataclass(frozen=True)
class Claims:
    """The content of a valid token: user, session, token id, and whether it was issued by a login with the
    password (`fresh`)."""

    user_id: int
    session_id: int
    id: TokenId
    fresh: bool


def hash_password(password: str) -> str:
    """Hash a password of any length. Deliberately slow; releases the GIL."""
    return str(_passwords().hash(password))


def verify_password(password: str, hashed: str | None) -> bool:
    """Whether `hashed` was made from `password`.

    None takes as long as a real hash, so that timing does not reveal which accounts exist.
    """
    if hashed is None:
        _passwords().dummy_verify()
        return False
    try:
        return bool(_passwords().verify(password, hashed))
    except ValueError:  # longer than plain bcrypt accepts, or not a hash
        return False


def digest(secret: str) -> str:
    """The SHA-256 of a generated secret, in hex. The secret has too much entropy to be guessed, so neither a
    salt nor a slow hash is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()


def is_outdated(hashed: str) -> bool:
    """Whether a hash was made with another scheme or cost than the configured ones."""
    return bool(_passwords().needs_update(hashed))


def new_access_token() -> str:
    """A personal access token: a prefix and 256 random bits."""
    return ACCESS_TOKEN_PREFIX + secrets.token_urlsafe(32)


def new_code() -> str:
    """A code for people to pass on: 120 random bits in lower-case letters and digits."""
    return base64.b32encode(secrets.token_bytes(15)).decode().lower()


def seconds_to_live(scope: TokenScope, until: datetime) -> int:
    """The lifetime of a token signed now: as configured, but not beyond `until`."""
    security = settings.security
    minutes = security.access_token_minutes if scope == "access_token" else security.refresh_token_minutes
    return min(minutes * 60, int(until.timestamp()) - int(time.time()))


def sign_token(claims: Claims, scope: TokenScope, until: datetime) -> str:
    """A signed token (RFC 7519, HS256) that expires as configured, but not after `until`."""
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
    """The payload of a token signed by this server; raises JWTError for any other.

    Cached, because clients send the same token repeatedly, and verifying the signature takes longer than
    looking up the session. Expiry is not cached: `read_token` checks it every time.
    """
    options = {"require_exp": True, "require_sub": True, "require_iat": True, "require_jti": True}
    payload: dict[str, Any] = jwt.decode(
        token, settings.security.secret_key, algorithms=[ALGORITHM], options=options
    )
    return payload


def read_token(token: str, scope: TokenScope) -> Claims:
    """The claims of a valid token of this scope; raises InvalidToken for any other."""
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
    # Foreign tokens may be malformed in more ways than the library expects.
    except (JWTError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise InvalidToken from error


def _row_id(text: str) -> int:
    """Parse a row id; raises InvalidToken for anything else, which this server never signs."""
    if not (text.isascii() and text.isdigit() and len(text) <= 19 and 0 < int(text) < 2**63):
        raise InvalidToken
    return int(text)
