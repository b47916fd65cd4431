"""Encryption of stored secrets that must be readable again, with a key that is not in the database. Losing or
changing `security.secret_key` loses them."""

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from pamps.config import settings


def encrypt(secret: str) -> str:
    """Encrypt `secret` for storage in the database (Fernet: AES-128-CBC with HMAC-SHA-256)."""
    return _fernet().encrypt(secret.encode()).decode()


def decrypt(stored: str) -> str | None:
    """Decrypt the result of `encrypt`; None if it was encrypted with another key."""
    try:
        return _fernet().decrypt(stored.encode()).decode()
    except InvalidToken:
        return None


def _fernet() -> Fernet:
    # A derived key, so that encryption and signing are independent (RFC 5869).
    derive = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"pamps encryption")
    return Fernet(base64.urlsafe_b64encode(derive.derive(settings.security.secret_key.encode())))
