"""Valid requests of every operation from every role, for the tests of permissions and leaks."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import Connection
from sqlmodel import Session

from pamps.db import writing_engine
from pamps.models import Post, User
from pamps.services import block as block_service
from pamps.services import mute as mute_service
from tests.bad_input.good import PREPARATIONS, make_good
from tests.bad_input.operations import Operation, World, key
from tests.support.databases import count_at_once
from tests.support.factories import (
    make_access_token,
    make_follow,
    make_like,
    make_post,
    make_session,
    make_user,
)


@dataclass(frozen=True)
class Role:
    """The sender of a request and their token; both None if anonymous."""

    user: User | None = None
    token: str | None = None


@dataclass(frozen=True)
class Stage:
    """All roles, and the parameters of the owner's resources. Created once per module, because it takes
    longer than a request."""

    connection: Connection
    roles: dict[str, Role]
    good: dict[str, Any]

    @contextmanager
    def performance(self) -> Iterator[Connection]:
        """A connection to the stage, rolled back at the end."""
        savepoint = self.connection.begin_nested()
        try:
            yield self.connection
        finally:
            savepoint.rollback()

    def send(self, client: TestClient, role: str, operation: Operation) -> Response:
        """The response to a valid request from that role."""
        if token := self.roles[role].token:
            client.headers["Authorization"] = f"Bearer {token}"
        return World(client, self.good | self.prepare(role, key(operation))).send(operation)

    def prepare(self, role: str, operation: str) -> dict[str, Any]:
        """Create what a valid request of this operation needs in addition; returns its valid parameters."""
        prepare = PREPARATIONS.get(operation)
        user = self.roles[role].user or self.roles["owner"].user
        if prepare is None or user is None:
            return {}
        with _session(self.connection) as session:
            good = prepare(session, user)
            session.commit()
        return good


def _session(connection: Connection) -> Session:
    return Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False)


@contextmanager
def open_stage() -> Iterator[Stage]:
    """A stage on which no list is empty for any role that may see it."""
    with writing_engine.connect() as connection:
        outer = connection.begin()
        count_at_once(connection)
        with _session(connection) as session:
            owner, good = make_good(session)
            roles = _cast(session, owner)
            _fill_lists(session, roles, good)
        yield Stage(connection, roles, good | {"username": owner.username})
        outer.rollback()


def _cast(session: Session, owner: User) -> dict[str, Role]:
    other_user, superuser = make_user(session, "caio"), make_user(session, "dora", superuser=True)
    return {
        "anonymous": Role(),
        "owner": Role(owner, make_session(session, owner).access_token),
        "other_user": Role(other_user, make_session(session, other_user).access_token),
        "superuser": Role(superuser, make_session(session, superuser).access_token),
        "not_fresh": Role(owner, make_session(session, owner, fresh=False).access_token),
        "write_token": Role(owner, make_access_token(session, owner, scopes="write").token),
        "read_token": Role(owner, make_access_token(session, owner, scopes="read").token),
    }


def _fill_lists(session: Session, cast: dict[str, Role], good: dict[str, Any]) -> None:
    """Fill every list: timelines, replies, likes, tags, notifications, mutes and so on."""
    post, friend = session.get_one(Post, good["post_id"]), session.get_one(User, good["user_id"])
    reply = make_post(session, friend, "A reply. #text", parent=post)
    bore, brute = make_user(session, "bore"), make_user(session, "brute")
    for user in {role.user.id: role.user for role in cast.values() if role.user}.values():
        make_follow(session, user, friend)
        make_follow(session, friend, user)
        mute_service.mute(session, user, bore.id)
        block_service.block(session, user, brute.id)
        make_like(session, user, reply)
        make_access_token(session, user)
