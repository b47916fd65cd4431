"""Rate limits: the rates of the settings, counted in the database."""

from dataclasses import dataclass
from functools import cache

import limits
from limits.strategies import FixedWindowRateLimiter
from sqlmodel import Session

from pamps.config import settings
from pamps.errors import TooManyRequests
from pamps.models.rate_limit import RateCount
from pamps.models.types import utc_now
from pamps.services.locking import sweep
from pamps.services.rate_limit_storage import DatabaseStorage

_parse = cache(limits.parse)


@dataclass(frozen=True, order=True)
class RateLimitHit:
    """A limited event: the setting with its rate, the subject it counts for, and its name in error
    messages."""

    setting: str
    who: str
    what: str

    @property
    def rate(self) -> limits.RateLimitItem:
        """The configured rate."""
        return _parse(getattr(settings.limits, self.setting))


def count(session: Session, *hits: RateLimitHit) -> None:
    """Count one of each event; raises TooManyRequests if any exceeds its limit, and then none is counted.

    Call it before locking any row: counters come first in the lock order (see pamps.services.locking).
    """
    if not settings.limits.enabled:
        return
    storage = DatabaseStorage(session)
    limiter = FixedWindowRateLimiter(storage)
    for hit in sorted(hits):
        if not limiter.hit(hit.rate, hit.setting, hit.who):
            window = limiter.get_window_stats(hit.rate, hit.setting, hit.who)
            seconds = max(1, round(window.reset_time - utc_now().timestamp()))
            raise TooManyRequests(hit.what, getattr(settings.limits, hit.setting), hit.rate.amount, seconds)
    if storage.began:
        sweep(session, RateCount)


def refund(session: Session, *hits: RateLimitHit) -> None:
    """Uncount one of each event."""
    if settings.limits.enabled:
        storage = DatabaseStorage(session)
        for hit in sorted(hits):
            storage.take_back(hit.rate.key_for(hit.setting, hit.who))


def forget(session: Session, hit: RateLimitHit) -> None:
    """Reset a count."""
    if settings.limits.enabled:
        DatabaseStorage(session).clear(hit.rate.key_for(hit.setting, hit.who))
