"""Secrets that have to be kept in a form that can be read back: encrypted with a key that is not in the
database. Losing `security.secret_key`, or changing it, loses them."""

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from pamps.config import settings


def encrypt(secret: str) -> str:
    """`secret` as it may stand in the database (Fernet: AES-128-CBC with HMAC-SHA-256)."""
    return _fernet().encrypt(secret.encode()).decode()


def decrypt(stored: str) -> str | None:
    """What `encrypt` was given; None if that was done with another key."""
    try:
        return _fernet().decrypt(stored.encode()).decode()
    except InvalidToken:
        return None


def _fernet() -> Fernet:
    # A key of its own, so that what is encrypted tells nothing about what is signed (RFC 5869).
    derive = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"pamps encryption")
    return Fernet(base64.urlsafe_b64encode(derive.derive(settings.security.secret_key.encode())))
