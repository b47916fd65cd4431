"""Who changes the same rows in different orders would wait for each other for ever. A hand that holds rows
from outside shows the order in which requests take them."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import httpx2
import pytest
from sqlalchemy import Connection, create_engine, text

from tests.conftest import TEST_URI
from tests.live.racing import Act, each_at_once, id_of, on, write
from tests.support.server import Server

pytestmark = pytest.mark.skipif(not TEST_URI, reason="SQLite has one writer at a time")

# By then a request that waits for nothing is over.
SOON = 1.0


@contextmanager
def hand(server: Server) -> Iterator[Connection]:
    """A transaction beside the server, in which a test holds what it likes."""
    engine = create_engine(server.uri)
    with engine.connect() as connection:
        yield connection
        connection.commit()
    engine.dispose()


@contextmanager
def begun(server: Server, token: str, act: Act) -> Iterator[Future[httpx2.Response]]:
    """A request that is on its way until the end of the block, and then over."""
    with ThreadPoolExecutor(1) as thread:
        request = thread.submit(lambda: each_at_once(server, [(token, act)])[0])
        yield request


def has_to_wait(request: Future[httpx2.Response]) -> bool:
    try:
        request.result(SOON)
    except TimeoutError:
        return True
    return False


@pytest.mark.parametrize("act", ["like", "reply", "mention", "follow", "edit"])
def test_notifications_of_one_user_are_committed_in_id_order(server: Server, act: str) -> None:
    ana, bia = server.register("ana"), server.register("bia")
    ana_id, post, own = id_of(server, "ana"), write(server, ana), write(server, bia)
    acts = {
        "like": on("POST", f"/post/{post}/like/"),
        "reply": on("POST", "/post/", text="Yes.", parent_id=post),
        "mention": on("POST", "/post/", text="@ana"),
        "follow": on("POST", f"/user/follow/{ana_id}/"),
        "edit": on("PATCH", f"/post/{own}/", text="@ana"),
    }

    with hand(server) as other:
        # Somebody tells ana of something, and takes their time.
        other.execute(text('SELECT 1 FROM "user" WHERE id = :ana FOR NO KEY UPDATE'), {"ana": ana_id})
        with begun(server, bia, acts[act]) as request:
            assert has_to_wait(request)
            other.rollback()

    assert request.result().is_success
    with server.client(ana) as client:
        assert len(client.get("/notification/").json()) == 1


def test_new_tags_are_made_in_one_order(server: Server) -> None:
    ana = server.register("ana")
    make = text("INSERT INTO tag (name, folded) VALUES (:name, :name)")

    with hand(server) as other:
        other.execute(make, {"name": "apple"})
        with begun(server, ana, on("POST", "/post/", text="#banana #apple")) as request:
            assert has_to_wait(request)
            other.execute(make, {"name": "banana"})  # nobody has made it meanwhile
            other.commit()

    assert request.result().status_code == 201


@pytest.mark.parametrize("act", ["edit", "delete", "leave"])
def test_tags_are_held_in_one_order(server: Server, act: str) -> None:
    ana = server.register("ana")
    write(server, ana, "#apple #banana")  # the first tag, and the second
    post = write(server, ana, "#banana")
    write(server, ana, "#apple")
    acts = {
        "edit": on("PATCH", f"/post/{post}/", text="#apple"),
        "delete": on("DELETE", f"/post/{post - 1}/"),
        "leave": on("DELETE", "/user/me/"),
    }
    hold = text("SELECT 1 FROM tag WHERE name = :name FOR UPDATE")

    with hand(server) as other:
        other.execute(hold, {"name": "apple"})
        with begun(server, ana, acts[act]) as request:
            assert has_to_wait(request)
            other.execute(hold, {"name": "banana"})  # nobody holds it meanwhile
            other.commit()

    assert request.result().is_success


@pytest.mark.parametrize("act", ["read", "delete", "leave"])
def test_notifications_are_held_in_one_order(server: Server, act: str) -> None:
    ana, fans = server.register("ana"), [server.register(f"fan{number}") for number in range(2)]
    post = write(server, ana)
    for fan in fans:
        each_at_once(server, [(fan, on("POST", f"/post/{post}/like/"))])
    acts = {
        "read": on("POST", "/notification/read/", up_to=2**40),
        "delete": on("DELETE", f"/post/{post}/"),
        "leave": on("DELETE", "/user/me/"),
    }
    hold = text("SELECT 1 FROM notification WHERE id = :id FOR UPDATE")

    with hand(server) as other:
        # The first one stands after the second one now, and whoever looks finds it later.
        other.execute(text("UPDATE notification SET read = NOT read WHERE id = 1"))
        other.execute(text("UPDATE notification SET read = NOT read WHERE id = 1"))
        other.commit()
        other.execute(hold, {"id": 1})
        with begun(server, ana, acts[act]) as request:
            assert has_to_wait(request)
            other.execute(hold, {"id": 2})  # nobody holds it meanwhile
            other.commit()

    assert request.result().is_success
