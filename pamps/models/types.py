"""What every table and every schema shares: ids, times, constraint names, strict requests."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StringConstraints,
)
from pydantic import Field as SchemaField
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticKnownError, core_schema
from sqlalchemy import BigInteger, Identity, Integer
from sqlmodel import Field, SQLModel

from pamps.text.storable import refuse_unstorable

# Named constraints can be dropped and altered by a migration. Set before the first table is declared.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

# SQLite numbers rows by itself only in a column declared INTEGER (which holds 64 bits there).
BigId = BigInteger().with_variant(Integer, "sqlite")

# AUTOINCREMENT: without it SQLite gives the id of the last row, once deleted, to the next one, and a token
# of a deleted user would open the account of a new one.
TABLE_OPTIONS = {"sqlite_autoincrement": True}


def text(*, min_length: int = 0, max_length: int) -> Any:
    """Text that both databases can store, measured in characters: `Annotated[str, *text(max_length=500)]`.

    The bounds stand before every other validator: only so Pydantic words them for text and documents them.
    """
    bounds = StringConstraints(min_length=min_length or None, max_length=max_length)
    return bounds, AfterValidator(refuse_unstorable)


@dataclass(frozen=True)
class ConfiguredLength:
    """Bounds of a text that settings decide. They are looked up when a value is checked and when the OpenAPI
    document is made, never when a module is imported.

    Stands where `text()` has its bounds, and says the same where they are not met. The document has
    `documented_most` as the upper one, which is what clients can rely on.
    """

    least: Callable[[], int]
    most: Callable[[], int]
    documented_most: Callable[[], int]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {**handler(schema), "maxLength": self.documented_most(), "minLength": self.least()}

    def _check(self, typed: str) -> str:
        least, most = self.least(), self.most()
        if len(typed) < least:
            raise PydanticKnownError("string_too_short", {"min_length": least})
        if len(typed) > most:
            raise PydanticKnownError("string_too_long", {"max_length": most})
        return typed


def configured_text(
    *, least: Callable[[], int], most: Callable[[], int], documented_most: Callable[[], int] | None = None
) -> Any:
    """Like `text()`, with bounds that settings decide."""
    return ConfiguredLength(least, most, documented_most or most), AfterValidator(refuse_unstorable)


def documented(**keywords: Any) -> Any:
    """Say in the OpenAPI document what the validators of a type check in code."""
    return SchemaField(json_schema_extra=keywords)


def identity() -> Any:
    """The primary key of a table: 64 bits, numbered by the database, never used twice."""
    return Field(default=None, primary_key=True, sa_type=BigId, sa_column_args=(Identity(),))


def reference(
    target: str, *, ondelete: Literal["CASCADE", "SET NULL", "RESTRICT"], primary_key: bool = False
) -> Any:
    """A foreign key to an id, such as `reference("user.id", ondelete="CASCADE")`."""
    return Field(foreign_key=target, ondelete=ondelete, sa_type=BigId, primary_key=primary_key)


def utc_now() -> datetime:
    """The time, aware that it is UTC."""
    return datetime.now(UTC)


def _to_come(moment: datetime) -> datetime:
    """A time in the future, in UTC."""
    try:
        moment = moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("This is no time that can come") from None
    if moment <= utc_now():
        raise ValueError("This time is over")
    return moment


def _no_number(value: object) -> object:
    """Times are ISO 8601; a number could be seconds or milliseconds of anything."""
    if isinstance(value, int | float) or (isinstance(value, str) and "-" not in value[1:]):
        raise ValueError("Input should be a time, such as 2030-01-01T12:00:00Z")
    return value


def _as_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("This is no time that any post could have") from None


def _whole_day(value: object) -> object:
    """A day alone is the moment at which it begins, in UTC."""
    return f"{value}T00:00:00Z" if isinstance(value, str) and len(value) == len("2030-01-01") else value


Moment = Annotated[
    AwareDatetime, BeforeValidator(_no_number), BeforeValidator(_whole_day), AfterValidator(_as_utc)
]
FutureTime = Annotated[AwareDatetime, BeforeValidator(_no_number), AfterValidator(_to_come)]


def moment() -> Any:
    """A time that the database row gets when it is written."""
    return Field(sa_column_kwargs={"default": utc_now})


def flag(initial: bool) -> Any:
    """A boolean column; a new row gets `initial`."""
    return Field(sa_column_kwargs={"server_default": str(int(initial))})


def counter() -> Any:
    """A count kept on the row; only services change it, in the transaction of what is counted."""
    return Field(sa_column_kwargs={"server_default": "0"})


def left_out_if_none() -> Any:
    """A response field that is left out, not null, when there is nobody to tell it to."""
    return SchemaField(default=None, exclude_if=lambda value: value is None)


def not_null_if_given() -> Any:
    """A request field that may be left out (see `model_fields_set`) but not sent as null."""
    return SchemaField(default=None)


class HasId(SQLModel):
    """A response that names its row. The last base of a response, so that the id comes first."""

    id: int


class RequestModel(SQLModel):
    """A request body: unknown keys are refused."""

    model_config = {"extra": "forbid"}
