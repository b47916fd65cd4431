"""Settings: read by Dynaconf in layers, checked and typed by Pydantic, at the first use of one of them."""

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
    """Read and check the settings of `directory` (default: the working directory). Writes nothing; a key that
    is not given is made when `security.secret_key` is first used.

    Raises SettingsError for an unknown environment, a file that cannot be read, an unknown table in a file,
    an unknown name in a known section, a value that cannot be used, and in production for a secret key that
    is missing, published or short.
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
    """The settings of the working directory, read when the first of them is used. Ends the process with one
    line if they cannot be used."""

    _loaded: Settings | None = None

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # asked by the interpreter or a library, not by a reader of settings
            raise AttributeError(name)
        if self._loaded is None:
            try:
                self._loaded = load_settings()
            except SettingsError as problem:
                raise SystemExit(f"pamps: {problem}") from None
            self.__dict__.update(self._loaded)  # from now on sections are found without coming here
        return getattr(self._loaded, name)


def require_key() -> None:
    """Make the key if none is given, and end the process with one line if it cannot be kept: for the start of
    a server, which would otherwise find out at the first login."""
    try:
        _ = settings.security.secret_key
    except SettingsError as problem:
        raise SystemExit(f"pamps: {problem}") from None


if TYPE_CHECKING:
    settings: Settings
else:
    settings = _SettingsAtFirstUse()
