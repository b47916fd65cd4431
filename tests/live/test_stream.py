"""Live notifications: each comes once, in order and soon, and a stream ends when it should."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]
import pytest

from tests.conftest import TEST_URI
from tests.live.listening import STREAM, like, listening, what_is_new, who_is, write
from tests.live.recovery import is_ready, wait_until
from tests.support.clusters import own_cluster
from tests.support.commands import run_pamps
from tests.support.databases import empty_database
from tests.support.server import Server, running_server

# Without a heartbeat that reads in time, what is told at all is told because a bell has rung.
QUIET: dict[str, Any] = {"PAMPS_NOTIFICATIONS__heartbeat": "3600"}
EAGER: dict[str, Any] = {"PAMPS_NOTIFICATIONS__heartbeat": "1"}
ONE_STREAM: dict[str, Any] = {"PAMPS_NOTIFICATIONS__streams": "1"}
# Long after what is due at once, and long before a stream ends by itself.
SOON_SECONDS = 20


_numbers = count(1)


@pytest.fixture(scope="module")
def uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with empty_database(TEST_URI, tmp_path_factory.mktemp("database")) as uri:
        yield uri


@pytest.fixture(scope="module")
def server(uri: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One for all; each test has people of its own."""
    with running_server(uri, tmp_path_factory.mktemp("server"), **QUIET) as server:
        yield server


@pytest.fixture(scope="module")
def eager_server(uri: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Another one, which shows a sign of life every second."""
    with running_server(uri, tmp_path_factory.mktemp("eager"), **EAGER) as server:
        yield server


def register(server: Server, people: int = 2) -> list[str]:
    """The tokens of new people."""
    return [server.register(f"user{next(_numbers)}") for _ in range(people)]


@contextmanager
def ends_soon() -> Iterator[None]:
    started = time.monotonic()
    yield
    assert time.monotonic() - started < SOON_SECONDS


def test_what_happens_is_told_at_once_and_as_the_list_shows_it(server: Server) -> None:
    ana, bia = register(server)
    post = write(server, ana)

    with listening(server, ana) as events:
        like(server, bia, post)
        first = next(events)
        write(server, bia, parent=post)
        second = next(events)

    assert (first["type"], first["post"]["id"]) == ("like", post)
    assert (second["type"], second["actor"]) == ("reply", first["actor"])
    with server.client(ana) as client:
        assert client.get("/notification/").json()[0] == second


@pytest.mark.security(12)
def test_nobody_hears_what_others_are_told(server: Server) -> None:
    ana, bia = register(server)
    of_ana, of_bia = write(server, ana), write(server, bia)

    with listening(server, bia) as events:
        like(server, bia, of_ana)
        like(server, ana, of_bia)

        assert next(events)["post"]["id"] == of_bia


def workers_of(server: Server) -> list[psutil.Process]:
    """Its processes that serve, without the one that starts them."""
    children = psutil.Process(server.process.pid).children()
    return [child for child in children if "spawn_main" in " ".join(child.cmdline())]


@contextmanager
def asleep(worker: psutil.Process) -> Iterator[None]:
    """Another one has to do the work."""
    worker.suspend()
    try:
        yield
    finally:
        worker.resume()


def test_what_happens_at_one_worker_is_told_by_the_other(database_uri: str, tmp_path: Path) -> None:
    with running_server(database_uri, tmp_path, "--workers", "2", **QUIET) as server:
        ana, bia = register(server)
        posts = [write(server, ana) for _ in range(3)]
        one, other = workers_of(server)

        with ExitStack() as stack:
            with asleep(other):
                events = stack.enter_context(listening(server, ana))
            for post in posts:
                with asleep(one):
                    like(server, bia, post)

                assert next(events)["post"]["id"] == post


def test_a_reconnected_stream_sends_what_was_missed_once_in_order(server: Server) -> None:
    ana, bia = register(server)
    posts = [write(server, ana) for _ in range(5)]

    with listening(server, ana) as events:
        like(server, bia, posts[0])
        last = next(events)["id"]
    for post in posts[1:4]:
        like(server, bia, post)
    with listening(server, ana, after=last) as events:
        missed = [next(events)["post"]["id"] for _ in range(3)]
        like(server, bia, posts[4])
        live = next(events)["post"]["id"]

    assert missed == posts[1:4]
    assert live == posts[4]


def test_a_stream_tells_where_to_go_on_before_anything_happened(server: Server) -> None:
    ana, bia = register(server)
    posts = [write(server, ana) for _ in range(2)]
    like(server, bia, posts[0])

    with server.client(ana) as client, client.sse(STREAM, params={"seconds": 0}) as source:
        (beginning,) = source
    like(server, bia, posts[1])

    assert 1_000 <= (beginning.retry or 0) < 5_000
    assert [event["post"]["id"] for event in what_is_new(server, ana, int(beginning.id))] == [posts[1]]


def test_much_that_was_missed_comes_completely(server: Server) -> None:
    ana, bia = register(server)
    post = write(server, ana)
    with server.client(bia) as client:
        reply = {"text": "Hello.", "parent_id": post}
        replies = [client.post("/post/", json=reply).json()["id"] for _ in range(230)]

    assert [event["post"]["id"] for event in what_is_new(server, ana, 0)] == replies


def test_the_last_event_id_header_overrides_the_query(server: Server) -> None:
    ana, bia = register(server)
    posts = [write(server, ana) for _ in range(2)]
    for post in posts:
        like(server, bia, post)
    first, second = what_is_new(server, ana, 0)

    with listening(server, ana, after=first["id"], last_event_id=0, seconds=0) as events:
        assert list(events) == [second]
    with listening(server, ana, last_event_id=0, seconds=0) as events:
        assert list(events) == [first, second]


@pytest.mark.parametrize("position", ["-1", "1_0", "one", "", str(2**63)])
def test_a_position_that_is_none_is_refused(server: Server, position: str) -> None:
    with server.client(register(server)[0]) as client:
        by_header = client.get(STREAM, headers={"Last-Event-ID": position})
        by_query = client.get(STREAM, params={"last_event_id": position})

    for answer, field in ((by_header, "header.Last-Event-ID"), (by_query, "query.last_event_id")):
        assert answer.status_code == 422
        assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_nothing_on_the_way_keeps_or_holds_back_a_stream(server: Server) -> None:
    with server.client(register(server)[0]) as client:
        answer = client.get(STREAM, params={"seconds": 0})

    assert answer.headers["Content-Type"] == "text/event-stream"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Accel-Buffering"] == "no"
    assert "Content-Length" not in answer.headers


def test_head_ends_at_once(server: Server) -> None:
    with server.client(register(server)[0]) as client, ends_soon():
        answer = client.head(STREAM)
        following = client.get("/health/")

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/event-stream")
    assert following.status_code == 200


def test_a_stream_with_nothing_to_tell_shows_signs_of_life(eager_server: Server) -> None:
    with (
        eager_server.client(register(eager_server)[0]) as client,
        client.stream("GET", STREAM, params={"seconds": 4}) as answer,
    ):
        lines = list(answer.iter_lines())

    assert lines.count(":") >= 3


def log_out(server: Server, uri: str, token: str) -> None:
    with server.client(token) as client:
        assert client.post("/logout/").status_code == 204


def deactivate(server: Server, uri: str, token: str) -> None:
    assert run_pamps(uri, "deactivate", who_is(server, token)["username"]).returncode == 0


@pytest.mark.security(9)
@pytest.mark.parametrize("end", [log_out, deactivate])
def test_who_may_not_know_any_more_is_told_nothing(
    end: Callable[[Server, str, str], None], server: Server, uri: str
) -> None:
    ana, bia = register(server)
    post = write(server, ana)

    with listening(server, ana) as events, ends_soon():
        end(server, uri, ana)
        like(server, bia, post)

        assert list(events) == []


@pytest.mark.security(9)
def test_a_stream_ends_with_its_token(eager_server: Server) -> None:
    server = eager_server  # nothing happens to the owner
    with server.client(register(server)[0]) as client:
        until = (datetime.now(UTC) + timedelta(seconds=3)).isoformat()
        request = {"name": "A bot.", "scopes": "read", "expires_at": until}
        token = client.post("/access_token/", json=request).json()["token"]

    with listening(server, token) as events, ends_soon():
        assert list(events) == []

    with server.client(token) as client:
        assert client.get(STREAM).status_code == 401


@pytest.mark.security(29)
def test_who_is_muted_is_not_heard(server: Server) -> None:
    ana, bia, caio = register(server, 3)
    post = write(server, ana)

    with listening(server, ana) as events:
        with server.client(ana) as client:
            assert client.post(f"/user/mute/{who_is(server, caio)['id']}/").is_success
        like(server, caio, post)
        like(server, bia, post)

        assert next(events)["actor"]["id"] == who_is(server, bia)["id"]


def test_who_leaves_makes_room(database_uri: str, tmp_path: Path) -> None:
    with running_server(database_uri, tmp_path, **ONE_STREAM) as server:
        ana, bia = register(server)

        def is_refused() -> bool:
            with server.client(bia) as client, client.stream("GET", STREAM) as answer:
                if answer.status_code == 200:
                    return False
                assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
                assert answer.read()
                assert answer.json()["code"] == "too_many_streams"
                return True

        with listening(server, ana, seconds=3600):  # long after the patience of this test
            assert is_refused()
            assert what_is_new(server, bia, 0) == []  # takes no room
        wait_until(lambda: not is_refused())


def test_the_oldest_stream_of_a_user_makes_room_for_a_new_one(server: Server) -> None:
    ana, bia = register(server)
    post = write(server, ana)

    with ExitStack() as stack:
        first, *others = [stack.enter_context(listening(server, ana)) for _ in range(11)]
        with ends_soon():
            assert list(first) == []
        like(server, bia, post)

        assert {next(events)["post"]["id"] for events in others} == {post}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("arguments", [(), ("--workers", "2")], ids=["one worker", "two workers"])
def test_a_stopping_server_ends_its_streams(
    arguments: tuple[str, ...], number: int, database_uri: str, tmp_path: Path
) -> None:
    with running_server(database_uri, tmp_path, *arguments) as server, ExitStack() as stack:
        ana, bia = register(server)
        post = write(server, ana)
        streams = [stack.enter_context(listening(server, ana)) for _ in range(8)]
        like(server, bia, post)
        assert {next(events)["post"]["id"] for events in streams} == {post}

        server.process.send_signal(number)

        server.process.wait(timeout=5)
        # An answer that was cut would be an error.
        assert [list(events) for events in streams] == [[]] * 8


@pytest.mark.skipif(not TEST_URI, reason="stops a PostgreSQL of its own")
def test_a_stream_outlives_an_outage_of_postgresql(tmp_path: Path) -> None:
    with own_cluster() as cluster, running_server(cluster.uri, tmp_path, **QUIET) as server:
        ana, bia = register(server)
        posts = [write(server, ana) for _ in range(2)]
        with listening(server, ana) as events, server.client() as client:
            like(server, bia, posts[0])
            assert next(events)["post"]["id"] == posts[0]

            cluster.stop()
            wait_until(lambda: "Cannot watch notifications" in server.log.read_text())
            cluster.start()
            wait_until(lambda: is_ready(client))
            like(server, bia, posts[1])

            assert next(events)["post"]["id"] == posts[1]
