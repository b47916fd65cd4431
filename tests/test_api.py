"""The story that Pamps grew from, told in order: two people write, reply, and read each other."""

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.conftest import TEST_URI
from tests.support.databases import empty_database
from tests.support.server import Server, running_server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder: Path = tmp_path_factory.mktemp("story")
    with empty_database(TEST_URI, folder) as uri, running_server(uri, folder) as server:
        yield server


@pytest.fixture(scope="module")
def user1(server: Server) -> Iterator[httpx2.Client]:
    with server.client(server.register("user1")) as client:
        yield client


@pytest.fixture(scope="module")
def user2(server: Server) -> Iterator[httpx2.Client]:
    with server.client(server.register("user2")) as client:
        yield client


@pytest.mark.order(1)
def test_user1_writes_two_posts(user1: httpx2.Client) -> None:
    for text in ("hello test 1", "hello test 2"):
        answer = user1.post("/post/", json={"text": text})

        assert answer.status_code == 201
        assert answer.json()["text"] == text
        assert answer.json()["parent_id"] is None


@pytest.mark.order(2)
def test_both_reply_to_the_first_post(user1: httpx2.Client, user2: httpx2.Client) -> None:
    first = user1.get("/post/user/user1/").json()[0]

    for client, text in ((user2, "reply from user2"), (user1, "reply from user1")):
        answer = client.post("/post/", json={"text": text, "parent_id": first["id"]})
        assert answer.status_code == 201
        assert answer.json()["parent_id"] == first["id"]


@pytest.mark.order(3)
def test_home_shows_top_level_posts_newest_first(user2: httpx2.Client) -> None:
    posts = user2.get("/post/").json()

    assert [post["text"] for post in posts] == ["hello test 2", "hello test 1"]
    assert [post["replies_count"] for post in posts] == [0, 2]


@pytest.mark.order(4)
def test_thread_shows_replies_oldest_first(user1: httpx2.Client) -> None:
    first = user1.get("/post/user/user1/").json()[0]

    thread = user1.get(f"/post/{first['id']}/").json()

    assert thread["text"] == "hello test 1"
    assert [(reply["user"]["username"], reply["text"]) for reply in thread["replies"]] == [
        ("user2", "reply from user2"),
        ("user1", "reply from user1"),
    ]


@pytest.mark.order(5)
def test_archives_show_posts_oldest_first_and_replies_on_demand(user1: httpx2.Client) -> None:
    posts = user1.get("/post/user/user1/").json()
    everything = user1.get("/post/user/user1/", params={"include_replies": True}).json()

    assert [post["text"] for post in posts] == ["hello test 1", "hello test 2"]
    assert [post["text"] for post in everything] == ["hello test 1", "hello test 2", "reply from user1"]
    assert user1.get("/post/user/user2/").json() == []
