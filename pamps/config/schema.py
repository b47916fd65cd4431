"""Settings schema: the fields of each section and their bounds."""

from email.utils import parseaddr
from functools import cached_property
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import limits
from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, PrivateAttr, model_validator
from sqlalchemy.engine import URL, make_url

from pamps.config.key import MIN_KEY_LENGTH, kept_key
from pamps.config.url import database_file, normalise_uri

ENVIRONMENTS = ("development", "testing", "production")
PUBLISHED_KEY = "pamps-development-key-that-everybody-knows"


def _refuse_bool(value: object) -> object:
    """Reject booleans, which Python would accept as integers."""
    if isinstance(value, bool):
        raise ValueError("Input should be a number")
    return value


def _split(value: object) -> object:
    """Split a comma-separated list, the form in which the environment supplies one."""
    if isinstance(value, str):
        return [entry.strip() for entry in value.split(",") if entry.strip()]
    return value


def _known_rate(value: str) -> str:
    try:
        (_,) = limits.parse_many(value)
    except ValueError:
        raise ValueError('Input should be a rate, such as "10 per 15 minutes"') from None
    return value


def _proxy(value: str) -> str:
    try:
        ip_network(value)
    except ValueError:
        raise ValueError('Input should be an IP address or a network, such as "10.0.0.0/8"') from None
    return value


def _web_address(value: str) -> str:
    if value and not value.startswith(("http://", "https://")):
        raise ValueError('Input should start with "https://" or "http://"')
    return value.rstrip("/")


def _sender(value: str) -> str:
    name, at, domain = parseaddr(value)[1].partition("@")
    if not (name and at and domain):
        raise ValueError('Input should be an address, such as "Pamps <pamps@example.org>"')
    return value


def _host(value: str) -> str:
    if "/" in value or ":" in value:
        raise ValueError('Input should be a host name, such as "pamps.example.org" or "*.example.org"')
    return value.lower()


def _origin(value: str) -> str:
    value = value.lower()
    scheme, _, host = value.partition("://")
    if value != "*" and (scheme not in ("http", "https") or not host or "/" in host):
        raise ValueError('Input should be "*" or an origin, such as "https://app.example.org"')
    return value


Whole = Annotated[int, BeforeValidator(_refuse_bool)]
Positive = Annotated[Whole, Field(ge=1)]
Origins = Annotated[tuple[Annotated[str, AfterValidator(_origin)], ...], BeforeValidator(_split)]
Scheme = Literal["bcrypt", "argon2"]
Schemes = Annotated[tuple[Scheme, ...], BeforeValidator(_split), Field(min_length=1)]
Rate = Annotated[str, AfterValidator(_known_rate)]


class Section(BaseModel):
    """Base of a settings section: unknown names are rejected, instances are immutable."""

    model_config = {"extra": "forbid", "frozen": True}


class ServerSettings(Section):
    """`[server]`: listening address, workers, and trusted proxies, hosts and origins."""

    host: str
    port: Annotated[Whole, Field(ge=0, le=65535)]
    workers: Positive
    pin_workers: bool
    max_body: Positive
    url: Annotated[str, AfterValidator(_web_address)]
    hosts: Annotated[tuple[Annotated[str, AfterValidator(_host)], ...], BeforeValidator(_split)]
    trusted_proxies: Annotated[tuple[Annotated[str, AfterValidator(_proxy)], ...], BeforeValidator(_split)]
    cors_origins: Origins
    access_log: bool

    @property
    def address(self) -> str:
        """The public URL, for links in mails: `url` if set, otherwise host and port."""
        return self.url or f"http://{self.host}:{self.port}"

    @property
    def origin(self) -> str:
        """Scheme and host of `address`, as browsers send them."""
        return "/".join(self.address.lower().split("/")[:3])


class DatabaseSettings(Section):
    """`[db]`: the database. The URI may contain a password, so it is left out of the repr."""

    uri: Annotated[str, AfterValidator(normalise_uri)] = Field(repr=False)
    echo: bool
    pool_size: Positive
    prepared_statements: bool
    wait_timeout: Positive
    statement_timeout: Positive
    busy_timeout: Positive

    @property
    def url(self) -> URL:
        """The parsed URI."""
        return make_url(self.uri)


class SecuritySettings(Section):
    """`[security]`: tokens, sessions and passwords."""

    # The configured key, "" if none. Callers use `secret_key`.
    given_key: str = Field(alias="secret_key", repr=False)
    access_token_minutes: Positive
    refresh_token_minutes: Positive
    session_days: Positive
    password_min_length: Annotated[Whole, Field(ge=1, le=64)]
    password_schemes: Schemes
    bcrypt_rounds: Annotated[Whole, Field(ge=4, le=20)]

    # The folder of the generated key.
    _key_folder: Path = PrivateAttr(default_factory=Path.cwd)

    @cached_property
    def secret_key(self) -> str:
        """The key that signs tokens and encrypts secrets. If none is configured, it is generated at first use
        and stored in a file; raises SettingsError if that file cannot be created or used."""
        return self.given_key or kept_key(self._key_folder)


class AccountSettings(Section):
    """`[accounts]`: how users register."""

    registration: Literal["open", "invite", "closed"]
    confirm_email: bool


class LimitSettings(Section):
    """`[limits]`: rate limits, in the notation of the `limits` library."""

    enabled: bool
    login: Rate
    login_address: Rate
    login_account: Rate
    otp: Rate
    registration: Rate
    mail: Rate
    mail_address: Rate
    posting: Rate
    searching: Rate
    searching_anonymous: Rate


class MailSettings(Section):
    """`[mail]`: the SMTP server. Without a host, no mail is sent."""

    host: str
    port: Annotated[Whole, Field(ge=1, le=65535)]
    security: Literal["starttls", "tls", "none"]
    username: str
    password: str = Field(repr=False)
    sender: Annotated[str, AfterValidator(_sender)]
    timeout: Positive


class PostSettings(Section):
    """`[posts]`: bounds on posts."""

    max_length: Annotated[Whole, Field(ge=1, le=100_000)]


class NotificationSettings(Section):
    """`[notifications]`: the live stream."""

    heartbeat: Positive
    streams: Positive


class Settings(BaseModel):
    """All settings of one environment, validated."""

    model_config = {"frozen": True}

    env: Literal["development", "testing", "production"]
    server: ServerSettings
    db: DatabaseSettings
    security: SecuritySettings
    accounts: AccountSettings
    limits: LimitSettings
    mail: MailSettings
    posts: PostSettings
    notifications: NotificationSettings

    @model_validator(mode="after")
    def _mail_is_complete(self) -> Any:
        if self.env == "production" and self.accounts.confirm_email and not self.mail.host:
            raise ValueError("accounts.confirm_email requires mail.host to be set")
        if self.env == "production" and self.mail.host and not self.server.url:
            raise ValueError("mail.host requires server.url to be set, for the links in mails")
        return self

    @model_validator(mode="after")
    def _key_protects(self) -> Any:
        key = self.security.given_key
        if self.env == "production" and (key == PUBLISHED_KEY or len(key) < MIN_KEY_LENGTH):
            raise ValueError(
                "production needs a secret key of its own: set PAMPS_SECURITY__secret_key to at least"
                f" {MIN_KEY_LENGTH} random characters"
            )
        return self

    def in_folder(self, folder: Path) -> Self:
        """Set the folder that relative paths start from, and return these settings. A generated key is stored
        beside the SQLite file, or in the folder itself for PostgreSQL."""
        file = database_file(self.db.url)
        self.security._key_folder = folder if file is None else folder.joinpath(file).parent
        return self
