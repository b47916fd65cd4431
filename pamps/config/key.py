"""The key of an installation that was given none: random, made once, kept beside the embedded database."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from pamps.config.errors import SettingsError

MIN_KEY_LENGTH = 32
KEY_FILE = ".pamps.key"


def kept_key(folder: Path) -> str:
    """The key in the file KEY_FILE of the folder, which is made if it does not exist.

    Raises SettingsError if the file cannot be made or read, or was cut short.
    """
    path = folder / KEY_FILE
    try:
        if not path.exists():
            _make_key(path)
        key = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingsError(f"the key file {path} cannot be made or read: {error.strerror}") from None
    except UnicodeDecodeError:
        key = ""
    if len(key) < MIN_KEY_LENGTH:
        # Not replaced in silence: that would void every token after somebody cut the file by accident.
        raise SettingsError(
            f"the key file {path} holds no whole key: restore it, or delete it to get a new key"
        )
    return key


def _make_key(path: Path) -> None:
    """Write a random key that only the owner may read."""
    fresh = path.with_name(f"{KEY_FILE}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(48))
    # A link either appears whole or not at all: two first starts at once agree on one key.
    with suppress(FileExistsError):
        os.link(fresh, path)
    fresh.unlink()
