"""Settings: read by Dynaconf in layers, then checked and typed by Pydantic.

The layers, each winning over the one before: `pamps/default.toml`, `settings.toml` and `.secrets.toml`
of the working directory, environment variables (`PAMPS_<SECTION>__<name>`).
"""

import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Literal

from dynaconf import Dynaconf
from pydantic import BaseModel, BeforeValidator, Field, ValidationError
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

ENVIRONMENTS = ("development", "testing", "production")
PUBLISHED_KEY = "pamps-development-key-that-everybody-knows"
MIN_KEY_LENGTH = 32
KEY_FILE = ".pamps.key"


class SettingsError(Exception):
    """The settings cannot be used; the message is one line that says what to change."""


def _refuse_bool(value: object) -> object:
    """`true` is not a number, although Python thinks so."""
    if isinstance(value, bool):
        raise ValueError("Input should be a number")
    return value


def _normalise_uri(uri: object) -> object:
    """Name psycopg2 for both spellings of PostgreSQL: SQLAlchemy 2.1 would look for psycopg 3."""
    if not isinstance(uri, str):
        return uri
    for scheme in ("postgres://", "postgresql://"):
        if uri.startswith(scheme):
            return "postgresql+psycopg2://" + uri.removeprefix(scheme)
    try:
        backend = make_url(uri).get_backend_name()
    except ArgumentError:
        backend = ""
    if backend not in ("sqlite", "postgresql"):
        raise ValueError("Input should be a SQLAlchemy URL of sqlite or postgresql")
    return uri


Whole = Annotated[int, BeforeValidator(_refuse_bool)]
Positive = Annotated[Whole, Field(ge=1)]


class Section(BaseModel):
    """A table of settings: unknown names are refused, nothing changes after the start."""

    model_config = {"extra": "forbid", "frozen": True}


class ServerSettings(Section):
    """`[server]`: the process that listens."""

    host: str
    port: Annotated[Whole, Field(ge=0, le=65535)]
    workers: Positive
    max_body: Positive


class DatabaseSettings(Section):
    """`[db]`: where the data is. The URI may hold a password, so it never shows in a repr."""

    uri: Annotated[str, BeforeValidator(_normalise_uri)] = Field(repr=False)
    echo: bool
    pool_size: Positive
    pool_timeout: Positive
    busy_timeout: Positive

    @property
    def url(self) -> URL:
        """The URI, taken apart."""
        return make_url(self.uri)


class SecuritySettings(Section):
    """`[security]`: tokens and passwords."""

    secret_key: str = Field(repr=False)
    access_token_minutes: Positive
    refresh_token_minutes: Positive
    password_min_length: Annotated[Whole, Field(ge=1, le=64)]
    bcrypt_rounds: Annotated[Whole, Field(ge=4, le=20)]


class PostSettings(Section):
    """`[posts]`: what may be written."""

    max_length: Annotated[Whole, Field(ge=1, le=100_000)]


class Settings(BaseModel):
    """All settings of one environment, checked."""

    model_config = {"frozen": True}

    env: Literal["development", "testing", "production"]
    server: ServerSettings
    db: DatabaseSettings
    security: SecuritySettings
    posts: PostSettings


def load_settings(directory: Path | None = None) -> Settings:
    """Read and check the settings of `directory` (default: the working directory).

    Raises SettingsError for an unknown environment, an unknown name in a known section, a value of the
    wrong type, and in production for a secret key that is missing, published or short.
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
    files = [
        Path(__file__).with_name("default.toml"),
        directory / "settings.toml",
        directory / ".secrets.toml",
    ]
    try:
        layers = Dynaconf(
            envvar_prefix="PAMPS",
            environments=True,
            env=env,
            settings_files=[str(file) for file in files],
            merge_enabled=True,
            auto_cast=False,
            load_dotenv=False,
        ).as_dict(env=env)
    except ValueError as error:  # a TOML file that cannot be parsed
        raise SettingsError(f"settings.toml or .secrets.toml is not valid TOML: {error}") from None
    sections = {name: layers[name.upper()] for name in Settings.model_fields if name.upper() in layers}
    _restore_text(sections)
    return sections


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
    if url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:"):
        directory = directory.joinpath(str(url.database)).parent
    path = directory / KEY_FILE
    fresh = path.with_name(f"{KEY_FILE}.{os.getpid()}")
    if not path.exists():
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
        # A link either appears whole or not at all: two first starts at once agree on one key.
        with suppress(FileExistsError):
            os.link(fresh, path)
        fresh.unlink()
    return path.read_text().strip()


try:
    settings = load_settings()
except SettingsError as problem:
    raise SystemExit(f"pamps: {problem}") from None
