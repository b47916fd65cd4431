"""How often is too often: rates of the settings, counted in the database."""

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
    """One event: the setting that bounds it, whom it counts for, and what it is called in a refusal."""

    setting: str
    who: str
    what: str

    @property
    def rate(self) -> limits.RateLimitItem:
        """So many in so long."""
        return _parse(getattr(settings.limits, self.setting))


def count(session: Session, *hits: RateLimitHit) -> None:
    """Count one of each; raises TooManyRequests if one is too many, and then none is counted.

    Come here before any row is locked: counts are the first in the common order (see pamps.services.locking).
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
    """Take back one of each that was counted."""
    if settings.limits.enabled:
        storage = DatabaseStorage(session)
        for hit in sorted(hits):
            storage.take_back(hit.rate.key_for(hit.setting, hit.who))


def forget(session: Session, hit: RateLimitHit) -> None:
    """Begin a count anew."""
    if settings.limits.enabled:
        DatabaseStorage(session).clear(hit.rate.key_for(hit.setting, hit.who))
