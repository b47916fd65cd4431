"""Storage backend for the `limits` library: counters in the database, shared by all workers."""

from datetime import timedelta
from typing import Any

from limits.storage import Storage
from sqlalchemy import Integer, bindparam, case, delete, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, col
from sqlmodel.sql.sqltypes import UTCDateTime

from pamps.db.prepared import insert_into, prepared_statement, run
from pamps.models.rate_limit import RateCount
from pamps.models.types import utc_now
from pamps.services.locking import change


class DatabaseStorage(Storage):
    """Counts in the transaction of `session`: a rollback undoes the count."""

    STORAGE_SCHEME = None

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        # Whether a window was started, which may have added a row.
        self.began = False

    @property
    def base_exceptions(self) -> type[Exception]:
        """The errors that may occur; they are raised unchanged."""
        return SQLAlchemyError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Add to a count, or restart it if its window has expired. Atomic: a single statement."""
        now = utc_now()
        until = now + timedelta(seconds=expiry)
        rows = run(self.session, _increase(), counted=key, amount=amount, until=until, now=now)
        count = int(rows[0][0])
        self.began |= count == amount
        return count

    def take_back(self, key: str) -> None:
        """Subtract one from a count if its window has not expired."""
        is_on = (col(RateCount.expires_at) > utc_now()) & (col(RateCount.count) > 0)
        one_less = update(RateCount).where(col(RateCount.key) == key, is_on).values(count=RateCount.count - 1)
        change(self.session, one_less)

    def get(self, key: str) -> int:
        """The count of the current window, otherwise 0."""
        return row.count if (row := self._find(key)) else 0

    def get_expiry(self, key: str) -> float:
        """The end of the window in seconds since the epoch; now if there is none."""
        return (row.expires_at if (row := self._find(key)) else utc_now()).timestamp()

    def _find(self, key: str) -> RateCount | None:
        is_on = col(RateCount.expires_at) > utc_now()
        statement = select(RateCount).where(col(RateCount.key) == key, is_on)
        return self.session.scalar(statement.execution_options(populate_existing=True))

    def check(self) -> bool:
        """Whether the database is available; without it, the session would already have failed."""
        return True

    def reset(self) -> int:
        """Delete all counts; returns how many."""
        return change(self.session, delete(RateCount))

    def clear(self, key: str) -> None:
        """Delete one count."""
        change(self.session, delete(RateCount).where(col(RateCount.key) == key))


@prepared_statement
def _increase() -> Any:
    now, until = bindparam("now", type_=UTCDateTime()), bindparam("until", type_=UTCDateTime())
    amount: Any = bindparam("amount", type_=Integer())
    is_over = col(RateCount.expires_at) <= now
    row = {"key": bindparam("counted"), "count": amount, "expires_at": until}
    return (
        insert_into(RateCount)
        .values(row)
        .on_conflict_do_update(
            index_elements=["key"],
            set_={
                "count": case((is_over, amount), else_=RateCount.count + amount),
                "expires_at": case((is_over, until), else_=RateCount.expires_at),
            },
        )
        .returning(col(RateCount.count))
    )
