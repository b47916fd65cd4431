"""Twenty at once on the same thing: one row each, and counts that agree with the rows."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import httpx2
import pytest

from tests.server import Server

CROWD = 20

Act = Callable[[httpx2.Client], httpx2.Response]


def at_once(server: Server, tokens: list[str], act: Act) -> Counter[int]:
    """Let every token do `act` at the same moment; returns how often each status came back."""
    barrier = Barrier(len(tokens))

    def run(token: str) -> int:
        with server.client(token) as client:
            client.get("/health/")  # the connection is up before the start
            barrier.wait()
            return act(client).status_code

    with ThreadPoolExecutor(len(tokens)) as pool:
        return Counter(pool.map(run, tokens))


def read(server: Server, path: str) -> Any:
    with server.client() as client:
        return client.get(path).json()


def write(server: Server, token: str, text: str = "Hello.", parent_id: int | None = None) -> int:
    with server.client(token) as client:
        answer = client.post("/post/", json={"text": text, "parent_id": parent_id})
    return int(answer.json()["id"])


def test_twenty_likes_of_one_person_are_one(server: Server) -> None:
    ana = server.register("ana")
    post = write(server, ana)

    statuses = at_once(server, [ana] * CROWD, lambda client: client.post(f"/post/{post}/like/"))

    assert statuses == {201: 1, 200: CROWD - 1}
    assert read(server, f"/post/{post}/")["likes"] == 1
    assert len(read(server, f"/post/{post}/likes/")) == 1


def test_twenty_unlikes_of_one_person_take_one_away(server: Server) -> None:
    ana, bia = server.register("ana"), server.register("bia")
    post = write(server, ana)
    for token in (ana, bia):
        at_once(server, [token], lambda client: client.post(f"/post/{post}/like/"))

    statuses = at_once(server, [ana] * CROWD, lambda client: client.delete(f"/post/{post}/like/"))

    assert statuses == {204: CROWD}
    assert read(server, f"/post/{post}/")["likes"] == 1
    assert [user["username"] for user in read(server, f"/post/{post}/likes/")] == ["bia"]


def test_likes_of_twenty_people_are_twenty(server: Server) -> None:
    crowd = [server.register(f"fan{number}") for number in range(CROWD)]
    post = write(server, crowd[0])

    statuses = at_once(server, crowd, lambda client: client.post(f"/post/{post}/like/"))

    assert statuses == {201: CROWD}
    assert read(server, f"/post/{post}/")["likes"] == CROWD


def test_twenty_follows_of_one_person_are_one(server: Server) -> None:
    ana, _ = server.register("ana"), server.register("bia")
    bia_id = read(server, "/user/bia/")["id"]

    statuses = at_once(server, [ana] * CROWD, lambda client: client.post(f"/user/follow/{bia_id}/"))

    assert statuses == {201: 1, 200: CROWD - 1}
    assert read(server, "/user/bia/")["followers"] == 1
    assert read(server, "/user/ana/")["following"] == 1


def test_everybody_follows_everybody_without_waiting_for_ever(server: Server) -> None:
    names = [f"fan{number}" for number in range(6)]
    tokens = {name: server.register(name) for name in names}
    ids = [read(server, f"/user/{name}/")["id"] for name in names]

    def follow_all(client: httpx2.Client) -> httpx2.Response:
        answers = [client.post(f"/user/follow/{user_id}/") for user_id in ids]
        assert sorted(answer.status_code for answer in answers) == [201] * 5 + [409]
        return answers[0]

    at_once(server, list(tokens.values()), follow_all)

    for name in names:
        user = read(server, f"/user/{name}/")
        assert (user["followers"], user["following"]) == (5, 5)


def test_follows_and_unfollows_leave_counts_that_agree_with_the_lists(server: Server) -> None:
    ana, _ = server.register("ana"), server.register("bia")
    bia_id = read(server, "/user/bia/")["id"]

    def follow_and_leave(client: httpx2.Client) -> httpx2.Response:
        client.post(f"/user/follow/{bia_id}/")
        return client.delete(f"/user/follow/{bia_id}/")

    statuses = at_once(server, [ana] * CROWD, follow_and_leave)

    assert statuses == {204: CROWD}
    assert read(server, "/user/bia/")["followers"] == len(read(server, "/user/bia/followers/"))
    assert read(server, "/user/ana/")["following"] == len(read(server, "/user/ana/following/"))


def test_replies_race_with_the_deletion_of_their_post(server: Server) -> None:
    ana = server.register("ana")
    post = write(server, ana)

    def reply_or_delete(client: httpx2.Client) -> httpx2.Response:
        if client.headers["X-Role"] == "delete":
            return client.delete(f"/post/{post}/")
        return client.post("/post/", json={"text": "A reply.", "parent_id": post})

    roles = iter(["reply"] * 10 + ["delete"] + ["reply"] * 9)

    def act(client: httpx2.Client) -> httpx2.Response:
        client.headers["X-Role"] = next(roles)
        return reply_or_delete(client)

    statuses = at_once(server, [ana] * CROWD, act)

    assert statuses[204] == 1
    assert statuses[201] + statuses[404] == CROWD - 1
    shown = read(server, f"/post/{post}/")
    if statuses[201]:  # some replies came first: the place stays, with exactly those
        assert shown["deleted"] is True
        assert shown["replies_count"] == len(shown["replies"]) == statuses[201]
    else:
        assert shown["code"] == "post_not_found"
    assert read(server, "/user/ana/")["posts"] == statuses[201]


def test_the_last_two_replies_of_a_tombstone_go_at_once(server: Server) -> None:
    names = ("ana", "bia", "cora", "dora")
    ana, bia, cora, dora = (server.register(name) for name in names)
    for _ in range(10):
        top = write(server, ana)
        middle = write(server, bia, "A reply.", top)
        deep, beside = write(server, cora, "Deep.", middle), write(server, dora, "Beside.", top)
        at_once(server, [ana], lambda client, post=top: client.delete(f"/post/{post}/"))  # type: ignore[misc]
        at_once(server, [bia], lambda client, post=middle: client.delete(f"/post/{post}/"))  # type: ignore[misc]
        own = {f"Bearer {cora}": deep, f"Bearer {dora}": beside}

        statuses = at_once(
            server,
            [cora, dora],
            lambda client, own=own: client.delete(f"/post/{own[client.headers['Authorization']]}/"),  # type: ignore[misc]
        )

        assert statuses == {204: 2}
        assert read(server, f"/post/{top}/")["code"] == "post_not_found"


def test_twenty_replies_count_as_twenty(server: Server) -> None:
    ana = server.register("ana")
    post = write(server, ana)

    statuses = at_once(
        server, [ana] * CROWD, lambda client: client.post("/post/", json={"text": "Yes.", "parent_id": post})
    )

    assert statuses == {201: CROWD}
    assert read(server, f"/post/{post}/")["replies_count"] == CROWD
    assert read(server, "/user/ana/")["posts"] == CROWD + 1


@pytest.mark.parametrize("what", ["delete", "post", "like", "follow", "change", "unlike"])
def test_an_account_is_deleted_in_the_middle_of_its_own_acts(what: str, server: Server) -> None:
    ana = server.register("ana")
    ana_id, post = read(server, "/user/ana/")["id"], write(server, ana)
    acts: dict[str, Act] = {
        "delete": lambda client: client.delete("/user/me/"),
        "post": lambda client: client.post("/post/", json={"text": "Late.", "parent_id": post}),
        "like": lambda client: client.post(f"/post/{post}/like/"),
        "follow": lambda client: client.post(f"/user/follow/{ana_id}/"),
        "change": lambda client: client.patch("/user/me/", json={"bio": "Late."}),
        "unlike": lambda client: client.delete(f"/post/{post}/like/"),
    }
    for turn in range(2):
        fan = server.register(f"fan{turn}")
        turns = iter([acts[what]] * 3 + [acts["delete"]] + [acts[what]] * 4)

        statuses = at_once(server, [fan] * 8, lambda client, turns=turns: next(turns)(client))  # type: ignore[misc]

        assert set(statuses) <= {200, 201, 204, 401, 404}, statuses
    left = read(server, f"/post/{post}/")
    assert (left["likes"], left["replies_count"], left["replies"]) == (0, 0, [])
    assert read(server, "/user/ana/")["followers"] == 0


def test_deleting_accounts_that_follow_and_like_each_other(server: Server) -> None:
    ana, bia, cora = (server.register(name) for name in ("ana", "bia", "cora"))
    kept = write(server, cora)
    for token in (ana, bia):
        with server.client(token) as client:
            client.post(f"/post/{kept}/like/")
            write(server, token, "A reply.", kept)
            for user_id in (1, 2, 3):
                client.post(f"/user/follow/{user_id}/")

    statuses = at_once(server, [ana, bia], lambda client: client.delete("/user/me/"))

    assert statuses == {204: 2}
    shown = read(server, f"/post/{kept}/")
    assert (shown["likes"], shown["replies_count"], shown["replies"]) == (0, 0, [])
    assert read(server, "/user/cora/")["followers"] == 0
