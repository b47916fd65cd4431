"""Settings: read by Dynaconf in layers, then checked and typed by Pydantic.

The layers, each winning over the one before: `pamps/default.toml`, `settings.toml` and `.secrets.toml`
of the working directory, environment variables (`PAMPS_<SECTION>__<name>`).
"""

import os
import secrets
import tomllib
from contextlib import suppress
from pathlib import Path
from typing import Any

from dynaconf import Dynaconf
from pydantic import ValidationError
from sqlalchemy.engine import URL

from pamps.config.schema import Settings

ENVIRONMENTS = ("development", "testing", "production")
PUBLISHED_KEY = "pamps-development-key-that-everybody-knows"
MIN_KEY_LENGTH = 32
KEY_FILE = ".pamps.key"


class SettingsError(Exception):
    """The settings cannot be used; the message is one line that says what to change."""


def load_settings(directory: Path | None = None) -> Settings:
    """Read and check the settings of `directory` (default: the working directory).

    Raises SettingsError for an unknown environment, a file that cannot be read, an unknown table in a file,
    an unknown name in a known section, a value that cannot be used, a kept key that was cut short, and in
    production for a secret key that is missing, published or short.
    """
    directory = directory or Path.cwd()
    env = os.environ.get("PAMPS_ENV", "development")
    if env not in ENVIRONMENTS:
        raise SettingsError(f"PAMPS_ENV is {env!r}; it must be one of {', '.join(ENVIRONMENTS)}")
    layers = _read_layers(directory, env)
    try:
        settings = Settings.model_validate(layers | {"env": env})
    except ValidationError as error:
        raise SettingsError(_first_problem(error)) from None
    return _with_key(settings, directory)


def _read_layers(directory: Path, env: str) -> dict[str, Any]:
    """Merge the layers into one dict of sections."""
    files = [directory / "settings.toml", directory / ".secrets.toml"]
    for file in files:
        _check_file(file)
    layers = Dynaconf(
        envvar_prefix="PAMPS",
        environments=True,
        env=env,
        settings_files=[str(file) for file in (Path(__file__).parent.with_name("default.toml"), *files)],
        merge_enabled=True,
        auto_cast=False,
        load_dotenv=False,
    ).as_dict(env=env)
    sections = {name: layers[name.upper()] for name in Settings.model_fields if name.upper() in layers}
    _restore_text(sections)
    return sections


def _check_file(file: Path) -> None:
    """Refuse what Dynaconf passes over: a file that cannot be read, and tables that nothing reads."""
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return
    except OSError as error:
        raise SettingsError(f"{file.name} cannot be opened: {error.strerror}") from None
    except ValueError as error:  # also what is not UTF-8
        raise SettingsError(f"{file.name} is not valid TOML: {error}") from None
    _refuse_unknown(file, "", tables, {"default", *ENVIRONMENTS})
    for name, sections in tables.items():
        if isinstance(sections, dict):
            _refuse_unknown(file, f"{name}.", sections, Settings.model_fields.keys() - {"env"})


def _refuse_unknown(file: Path, prefix: str, tables: dict[str, Any], known: set[str]) -> None:
    """Names count in any case, as for Dynaconf, whose own switch for merging may stand among them."""
    for name, table in tables.items():
        if name.lower() == "dynaconf_merge":
            continue
        # repr: a name in quotes may hold anything, also the end of the line.
        if name.lower() not in known:
            raise SettingsError(
                f"{file.name}: unknown table {prefix + name!r}; expected {', '.join(sorted(known))}"
            )
        if not isinstance(table, dict):
            raise SettingsError(f"{file.name}: {prefix + name!r} should be a table")


def _restore_text(sections: dict[str, Any]) -> None:
    """Put back what Dynaconf reads as a number or a boolean in the environment: a secret of digits is
    text, and Pydantic turns text into a number where a number is wanted."""
    for variable, text in os.environ.items():
        section, _, name = variable.removeprefix("PAMPS_").lower().partition("__")
        values = sections.get(section)
        if variable.startswith("PAMPS_") and isinstance(values, dict):
            name = next((key for key in values if key.lower() == name), name)
            if isinstance(values.get(name), int | float):
                values[name] = text


def _first_problem(error: ValidationError) -> str:
    """One line about the first problem, naming the setting but never its value."""
    problem = error.errors(include_input=False, include_url=False)[0]
    name = ".".join(str(part) for part in problem["loc"])
    if not name:
        return str(problem["msg"].removeprefix("Value error, "))
    if problem["type"] == "extra_forbidden":
        return f"unknown setting {name}"
    return f"setting {name}: {problem['msg'].removeprefix('Value error, ')}"


def _with_key(settings: Settings, directory: Path) -> Settings:
    """Make sure that there is a key worth trusting."""
    key = settings.security.secret_key
    if settings.env == "production":
        if key in ("", PUBLISHED_KEY) or len(key) < MIN_KEY_LENGTH:
            raise SettingsError(
                "production needs a secret key of its own: set PAMPS_SECURITY__secret_key to at least"
                f" {MIN_KEY_LENGTH} random characters"
            )
        return settings
    if key:
        return settings
    security = settings.security.model_copy(update={"secret_key": _kept_key(settings.db.url, directory)})
    return settings.model_copy(update={"security": security})


def _kept_key(url: URL, directory: Path) -> str:
    """The random key of an installation without secrets: made once, kept beside the embedded database."""
    if url.get_backend_name() == "sqlite":
        directory = directory.joinpath(str(url.database)).parent
    path = directory / KEY_FILE
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
    fresh = path.with_name(f"{KEY_FILE}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(48))
    # A link either appears whole or not at all: two first starts at once agree on one key.
    with suppress(FileExistsError):
        os.link(fresh, path)
    fresh.unlink()


try:
    settings = load_settings()
except SettingsError as problem:
    raise SystemExit(f"pamps: {problem}") from None
