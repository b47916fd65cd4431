"""The generated secret key of an installation without a configured one, stored beside the SQLite database."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from pamps.config.errors import SettingsError

MIN_KEY_LENGTH = 32
KEY_FILE = ".pamps.key"


def kept_key(folder: Path) -> str:
    """The key stored in KEY_FILE of the folder. A random one is generated if the file does not exist.

    Raises SettingsError if the file cannot be created or read, or if it is truncated.
    """
    path = folder / KEY_FILE
    try:
        if not path.exists():
            _make_key(path)
        key = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingsError(f"the key file {path} cannot be created or read: {error.strerror}") from None
    except UnicodeDecodeError:
        key = ""
    if len(key) < MIN_KEY_LENGTH:
        # Not silently replaced: that would invalidate every token if the file was truncated by accident.
        raise SettingsError(
            f"the key file {path} does not hold a complete key: restore it, or delete it to get a new key"
        )
    return key


def _make_key(path: Path) -> None:
    """Write a random key to a file that only its owner can read. Does nothing if the file exists by then."""
    fresh = path.with_name(f"{KEY_FILE}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(48))
    # A hard link is created atomically, so two concurrent first starts agree on one key.
    with suppress(FileExistsError):
        os.link(fresh, path)
    fresh.unlink()
