"""Twenty at once on the same thing: one row each, and counts that agree with the rows."""

import httpx2
import pytest

from tests.live.invariants import assert_sound
from tests.live.racing import CROWD, Act, at_once, each_at_once, id_of, on, read, write
from tests.support.server import Server


@pytest.mark.security(27)
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


@pytest.mark.security(27)
def test_likes_of_twenty_people_are_twenty(server: Server) -> None:
    crowd = [server.register(f"fan{number}") for number in range(CROWD)]
    post = write(server, crowd[0])

    statuses = at_once(server, crowd, lambda client: client.post(f"/post/{post}/like/"))

    assert statuses == {201: CROWD}
    assert read(server, f"/post/{post}/")["likes"] == CROWD


@pytest.mark.security(27)
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


@pytest.mark.security(27)
def test_concurrent_follows_leave_counts_that_match_the_lists(server: Server) -> None:
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


@pytest.mark.security(27)
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


@pytest.mark.security(27)
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


@pytest.mark.parametrize("act", ["mute", "block"])
def test_twenty_times_hiding_somebody_is_once(server: Server, act: str) -> None:
    ana, _ = server.register("ana"), server.register("bia")
    path = f"/user/{act}/{id_of(server, 'bia')}/"

    assert at_once(server, [ana] * CROWD, on("POST", path)) == {201: 1, 200: CROWD - 1}
    with server.client(ana) as client:
        assert [user["username"] for user in client.get(f"/user/{act}/").json()] == ["bia"]
    assert_sound(server.uri)
    assert at_once(server, [ana] * CROWD, on("DELETE", path)) == {204: CROWD}
    with server.client(ana) as client:
        assert client.get(f"/user/{act}/").json() == []
    assert_sound(server.uri)


def test_concurrent_blocks_and_follows_leave_no_follow(server: Server) -> None:
    tokens = {name: server.register(name) for name in ("ana", "bia")}
    ids = {name: id_of(server, name) for name in tokens}
    pairs = [(tokens["ana"], ids["bia"]), (tokens["bia"], ids["ana"])]
    for _ in range(5):
        each_at_once(server, [(token, on("POST", f"/user/follow/{other}/")) for token, other in pairs])

        answers = each_at_once(
            server,
            [
                (token, on("POST", f"/user/{act}/{other}/"))
                for act in ("follow", "block", "follow", "block", "follow")
                for token, other in pairs
            ],
        )

        statuses = {answer.status_code for answer in answers}
        assert statuses <= {200, 201, 404, 409}, statuses
        assert_sound(server.uri)
        for name in tokens:
            shown = read(server, f"/user/{name}/")
            assert (shown["followers"], shown["following"]) == (0, 0)
        each_at_once(server, [(token, on("DELETE", f"/user/block/{other}/")) for token, other in pairs])


def test_likes_and_unlikes_at_once_are_told_of_as_they_are(server: Server) -> None:
    ana, fans = server.register("ana"), [server.register(f"fan{number}") for number in range(10)]
    post = write(server, ana)
    path = f"/post/{post}/like/"

    answers = each_at_once(server, [(fan, on(method, path)) for method in ("POST", "DELETE") for fan in fans])

    assert {answer.status_code for answer in answers} <= {201, 204}
    assert_sound(server.uri)
    with server.client(ana) as client:
        told = {row["actor"]["username"] for row in client.get("/notification/").json()}
    assert told == {user["username"] for user in read(server, f"/post/{post}/likes/")}


def test_people_mention_and_answer_each_other_at_once(server: Server) -> None:
    names = [f"fan{number}" for number in range(4)]
    tokens = {name: server.register(name) for name in names}
    posts = {name: write(server, tokens[name]) for name in names}
    everybody = " ".join(f"@{name}" for name in names)

    answers = each_at_once(
        server,
        [
            (tokens[one], on("POST", "/post/", text=f"{everybody} yes", parent_id=posts[other]))
            for one in names
            for other in names
        ],
    )

    assert {answer.status_code for answer in answers} == {201}
    assert_sound(server.uri)


def test_an_account_goes_while_others_have_to_do_with_it(server: Server) -> None:
    fans = [server.register(f"fan{number}") for number in range(3)]
    own = [write(server, fan) for fan in fans]
    for turn in range(5):
        leaver = server.register(f"leaver{turn}")
        leaver_id, post = id_of(server, f"leaver{turn}"), write(server, leaver)
        acts = [
            on("POST", "/post/", text="A reply.", parent_id=post),
            on("POST", "/post/", text=f"Hello, @leaver{turn} and @fan0!"),
            on("POST", f"/post/{post}/like/"),
            *(on("POST", f"/user/{act}/{leaver_id}/") for act in ("follow", "mute", "block")),
        ]
        doings = [(fan, act) for act in acts for fan in fans]
        edit = f"Edited, @leaver{turn}."
        doings += [
            (fan, on("PATCH", f"/post/{post}/", text=edit)) for fan, post in zip(fans, own, strict=True)
        ]

        answers = each_at_once(server, [*doings[:10], (leaver, on("DELETE", "/user/me/")), *doings[10:]])

        statuses = {answer.status_code for answer in answers}
        assert statuses <= {200, 201, 204, 404, 409}, statuses
        codes = {answer.json()["code"] for answer in answers if answer.status_code == 409}
        assert codes <= {"blocked"}
        assert_sound(server.uri)


def test_a_mention_is_edited_in_and_out_while_its_post_goes(server: Server) -> None:
    ana, _ = server.register("ana"), server.register("bia")
    for _ in range(3):
        post = write(server, ana, "@bia")
        path = f"/post/{post}/"
        edits = [(ana, on("PATCH", path, text=text)) for text in ("No name.", "@bia again") * 4]

        answers = each_at_once(server, [*edits[:4], (ana, on("DELETE", path)), *edits[4:]])

        assert {answer.status_code for answer in answers} <= {200, 204, 404}
        assert_sound(server.uri)


def test_many_tags_in_any_order_in_posts_that_come_change_and_go(server: Server) -> None:
    crowd = [server.register(f"fan{number}") for number in range(16)]  # who write alone never wait
    for turn in range(5):
        tags = [f"#tag{turn}x{number}" for number in range(8)]
        orders = [" ".join(tags[first:] + tags[:first]) for first in range(8)]
        texts = [*orders, *(" ".join(order.split()[::-1]) for order in orders)]

        made = each_at_once(
            server, [(fan, on("POST", "/post/", text=text)) for fan, text in zip(crowd, texts, strict=True)]
        )

        assert {answer.status_code for answer in made} == {201}
        assert_sound(server.uri)
        doings = []
        for number, (fan, answer) in enumerate(zip(crowd, made, strict=True)):
            path, text = f"/post/{answer.json()['id']}/", f"#new{turn}z{number % 3} {tags[-number % 8]}"
            doings.append((fan, on("PATCH", path, text=text) if number % 4 else on("DELETE", path)))
        changed = each_at_once(server, doings)
        assert {answer.status_code for answer in changed} <= {200, 204}
        assert_sound(server.uri)


def test_posts_exchange_their_tags(server: Server) -> None:
    crowd = [server.register(f"fan{number}") for number in range(12)]
    for turn in range(5):
        texts = [f"#left{turn}", f"#right{turn}"] * 6
        posts = [write(server, fan, text) for fan, text in zip(crowd, texts, strict=True)]
        swapped = zip(crowd, posts, texts[::-1], strict=True)

        answers = each_at_once(
            server, [(fan, on("PATCH", f"/post/{post}/", text=text)) for fan, post, text in swapped]
        )

        assert {answer.status_code for answer in answers} == {200}
        assert_sound(server.uri)
