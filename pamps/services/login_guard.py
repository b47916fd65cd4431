"""Limits on password guessing."""

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
    """A login attempt. Count it, release the connection, verify the password, then report success. Until then
    it counts as a failure, so that concurrent attempts are limited too.

    Three limits apply: this account from this address, any account from this address, and this account from
    anywhere. The last one exempts addresses the account was used from, so that strangers cannot lock its
    owner out of their usual places.
    """

    name: str
    user: User | None
    client: Client

    def count(self, session: Session) -> None:
        """Count a failure; raises TooManyRequests."""
        count(session, *self._hits(session))

    def was_right(self, session: Session) -> None:
        """The attempt succeeded: reset the count of account and address, refund the others."""
        here, *wider = self._hits(session)
        forget(session, here)
        refund(session, *wider)

    @property
    def _who(self) -> str:
        # User name and e-mail address count separately: a shared count would reveal that they belong
        # together.
        return digest(normalise_login(self.name))

    def count_code(self, session: Session, user: Person) -> None:
        """The password was correct: count a wrong code and commit; raises TooManyRequests."""
        count(session, *self._code_hits(session, user))
        commit_early(session, because="a refusal must not undo the count")

    def code_was_right(self, session: Session, user: Person) -> None:
        """The code was correct: refund the count."""
        refund(session, *self._code_hits(session, user))

    def wants_code(self, session: Session) -> None:
        """The password was correct but the code is missing: refund and commit. Only the count for this
        account from this address stays, otherwise requests without a code would allow unlimited guesses."""
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
