"""Bounds on guessing passwords."""

from dataclasses import dataclass

from sqlmodel import Session

from pamps.db import commit_early
from pamps.models.client import Client
from pamps.models.user import Person, User, normalise_login
from pamps.queries.session import was_used_from
from pamps.security.tokens import digest
from pamps.services.rate_limit import RateLimitHit, count, forget, refund


@dataclass(frozen=True)
class Attempt:
    """Somebody tries a password. Count it, give the connection back, look at the password, and then say
    whether it was right. Until then it counts as a failure, so that many at once are not tried for free.

    Three counts bound it: for this account from this address, from this address for any account, and for this
    account from everywhere. Of the last an address is free from which the account was used: so no stranger
    locks the owner out where the owner usually is.
    """

    name: str
    user: User | None
    client: Client

    def count(self, session: Session) -> None:
        """Count a failure; raises TooManyRequests."""
        count(session, *self._hits(session))

    def was_right(self, session: Session) -> None:
        """It was no failure. The account and the address begin anew with each other."""
        here, *wider = self._hits(session)
        forget(session, here)
        refund(session, *wider)

    @property
    def _who(self) -> str:
        # Name and e-mail address apart: a count that they share would tell that they do.
        return digest(normalise_login(self.name))

    def count_code(self, session: Session, user: Person) -> None:
        """The password was right: count a wrong code, and keep that; raises TooManyRequests."""
        count(session, *self._code_hits(session, user))
        commit_early(session, because="a refusal must not undo the count")

    def code_was_right(self, session: Session, user: Person) -> None:
        """The code was no failure."""
        refund(session, *self._code_hits(session, user))

    def wants_code(self, session: Session) -> None:
        """The password was right and no code came with it: that is no failure, and kept so. Only the count
        for this account from this address stays, or asking without a code would make guessing codes free."""
        _, *wider = self._hits(session)
        refund(session, *wider)
        commit_early(session, because="the refusal must not undo it")

    def _code_hits(self, session: Session, user: Person) -> list[RateLimitHit]:
        if was_used_from(session, user, self.client.network):
            return []
        return [RateLimitHit("otp", str(user.id), "wrong codes for this account")]

    def _here(self) -> RateLimitHit:
        who = f"{self._who}@{self.client.network}"
        return RateLimitHit("login", who, "failed logins to this account from your address")

    def _hits(self, session: Session) -> list[RateLimitHit]:
        hits = [
            self._here(),
            RateLimitHit("login_address", self.client.network, "failed logins from your address"),
        ]
        if self.user is None or not was_used_from(session, self.user, self.client.network):
            hits.append(RateLimitHit("login_account", self._who, "failed logins to this account"))
        return hits
