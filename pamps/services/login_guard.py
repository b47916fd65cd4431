"""Bounds on guessing passwords."""

from dataclasses import dataclass

from sqlmodel import Session

from pamps.client import Client
from pamps.models.user import User
from pamps.queries.session import was_used_from
from pamps.security import digest
from pamps.services.rate_limit import Hit, count, forget, forgive


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
        forgive(session, *wider)

    def _here(self) -> Hit:
        # By the name as it was typed: a count that name and e-mail address share would tell that they do.
        who = f"{digest(self.name.lower())}@{self.client.network}"
        return Hit("login", who, "failed logins to this account from your address")

    def _hits(self, session: Session) -> list[Hit]:
        hits = [self._here(), Hit("login_address", self.client.network, "failed logins from your address")]
        if self.user is None or not was_used_from(session, self.user, self.client.address):
            hits.append(Hit("login_account", digest(self.name.lower()), "failed logins to this account"))
        return hits
