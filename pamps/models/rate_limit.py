"""Rate-limit counters, shared by all workers."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel, col

from pamps.models.types import TABLE_OPTIONS, identity


class RateCount(SQLModel, table=True):
    """The number of events in a time window. After `expires_at` the row is void."""

    __tablename__ = "rate_limit"
    __table_args__ = TABLE_OPTIONS

    id: int = identity()
    # The limit, its subject and its rate.
    key: str = Field(max_length=200)
    count: int
    expires_at: datetime


Index("uq_rate_limit_key", col(RateCount.key), unique=True)
Index("ix_rate_limit_expires_at", col(RateCount.expires_at))
