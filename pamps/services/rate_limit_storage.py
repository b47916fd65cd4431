"""Where the library `limits` keeps its counts: in our database, so that all workers share them."""

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
    """Counts in the transaction of `session`: what is rolled back was not counted."""

    STORAGE_SCHEME = None

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        # Whether a window began, which is when the table may have grown.
        self.began = False

    @property
    def base_exceptions(self) -> type[Exception]:
        """What may go wrong; it is raised as it is."""
        return SQLAlchemyError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Add to a count, or begin it anew where its window is over. One statement, so none is lost."""
        now = utc_now()
        until = now + timedelta(seconds=expiry)
        rows = run(self.session, _increase(), counted=key, amount=amount, until=until, now=now)
        count = int(rows[0][0])
        self.began |= count == amount
        return count

    def take_back(self, key: str) -> None:
        """Subtract one from a count, if its window is still on."""
        is_on = (col(RateCount.expires_at) > utc_now()) & (col(RateCount.count) > 0)
        one_less = update(RateCount).where(col(RateCount.key) == key, is_on).values(count=RateCount.count - 1)
        change(self.session, one_less)

    def get(self, key: str) -> int:
        """The count of a window that is not over, else 0."""
        return row.count if (row := self._find(key)) else 0

    def get_expiry(self, key: str) -> float:
        """When the window ends, in seconds of the epoch; now if there is none."""
        return (row.expires_at if (row := self._find(key)) else utc_now()).timestamp()

    def _find(self, key: str) -> RateCount | None:
        is_on = col(RateCount.expires_at) > utc_now()
        statement = select(RateCount).where(col(RateCount.key) == key, is_on)
        return self.session.scalar(statement.execution_options(populate_existing=True))

    def check(self) -> bool:
        """Whether there is a database. The session would have failed without."""
        return True

    def reset(self) -> int:
        """Forget every count."""
        return change(self.session, delete(RateCount))

    def clear(self, key: str) -> None:
        """Forget one count."""
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
