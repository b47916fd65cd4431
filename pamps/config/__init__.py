"""Settings: read in layers by Dynaconf, validated by Pydantic, loaded at first use."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from pamps.config.errors import SettingsError
from pamps.config.key import KEY_FILE, MIN_KEY_LENGTH
from pamps.config.layers import read_layers
from pamps.config.schema import ENVIRONMENTS, PUBLISHED_KEY, Settings

__all__ = [
    "KEY_FILE",
    "MIN_KEY_LENGTH",
    "PUBLISHED_KEY",
    "Settings",
    "SettingsError",
    "load_settings",
    "require_key",
    "settings",
]


def load_settings(directory: Path | None = None) -> Settings:
    """Read and validate the settings of `directory` (default: the working directory). Writes nothing; if no
    key is configured, one is generated when `security.secret_key` is first used.

    Raises SettingsError for an unknown environment, a file that cannot be read, an unknown table in a file,
    an unknown name in a known section, an invalid value, and in production for a secret key that is missing,
    published or too short.
    """
    directory = directory or Path.cwd()
    env = os.environ.get("PAMPS_ENV", "development")
    if env not in ENVIRONMENTS:
        raise SettingsError(f"PAMPS_ENV is {env!r}; it must be one of {', '.join(ENVIRONMENTS)}")
    layers = read_layers(directory, env)
    try:
        return Settings.model_validate(layers | {"env": env}).in_folder(directory)
    except ValidationError as error:
        raise SettingsError(_first_problem(error)) from None


def _first_problem(error: ValidationError) -> str:
    """One line about the first problem, naming the setting but never its value."""
    problem = error.errors(include_input=False, include_url=False)[0]
    name = ".".join(str(part) for part in problem["loc"])
    if not name:
        return str(problem["msg"].removeprefix("Value error, "))
    if problem["type"] == "extra_forbidden":
        return f"unknown setting {name}"
    return f"setting {name}: {problem['msg'].removeprefix('Value error, ')}"


class _SettingsAtFirstUse:
    """The settings of the working directory, loaded at first use. Exits with a one-line message if they are
    invalid."""

    _loaded: Settings | None = None

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # looked up by the interpreter or a library, not as a setting
            raise AttributeError(name)
        if self._loaded is None:
            try:
                self._loaded = load_settings()
            except SettingsError as problem:
                raise SystemExit(f"pamps: {problem}") from None
            self.__dict__.update(self._loaded)  # later lookups bypass __getattr__
        return getattr(self._loaded, name)


def require_key() -> None:
    """Create the secret key if none is configured; exits with a one-line message if it cannot be stored.

    Called when the server starts, which would otherwise fail at the first login.
    """
    try:
        _ = settings.security.secret_key
    except SettingsError as problem:
        raise SystemExit(f"pamps: {problem}") from None


if TYPE_CHECKING:
    settings: Settings
else:
    settings = _SettingsAtFirstUse()
