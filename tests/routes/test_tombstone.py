"""Deleted posts: what stays of them while they have replies, and when even that goes."""

from itertools import permutations

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session, select

from pamps.models import Post, User
from tests.conftest import Login
from tests.routes import refusal
from tests.support.factories import make_follow, make_like, make_post, make_user

# A thread: a post, two replies, and a reply to the first of them. Each names its parent.
THREAD = {"post": None, "reply": "post", "other": "post", "deep": "reply"}


@pytest.fixture
def ana(session: Session) -> User:
    return make_user(session, "ana")


@pytest.fixture
def bia(session: Session) -> User:
    return make_user(session, "bia")


@pytest.fixture
def tombstone(session: Session, login: Login, ana: User, bia: User) -> Post:
    """The place of a reply by ana to bia, which both liked, and to which bia replied."""
    post = make_post(session, bia, "Bia's.")
    reply = make_post(session, ana, "Ana's.", parent=post)
    make_post(session, bia, "Deep.", parent=reply)
    make_like(session, ana, reply)
    make_like(session, bia, reply)
    assert login(ana).delete(f"/post/{reply.id}/").status_code == 204
    return reply


def test_a_post_with_replies_leaves_its_place(client: TestClient, tombstone: Post, ana: User) -> None:
    shown = client.get(f"/post/{tombstone.id}/")

    assert shown.status_code == 200
    place = shown.json()
    assert (place["deleted"], place["text"], place["edited_at"]) == (True, "", None)
    assert (place["likes"], place["replies_count"]) == (0, 1)
    assert (place["user_id"], place["parent_id"]) == (ana.id, tombstone.parent_id)
    (reply,) = place["replies"]
    assert (reply["text"], reply["parent_id"], reply["deleted"]) == ("Deep.", tombstone.id, False)
    assert client.get(f"/post/{tombstone.id}/replies/").json() == [reply]
    assert client.get(f"/post/{tombstone.id}/likes/").json() == []


def test_a_place_shows_in_its_thread_and_is_not_counted(client: TestClient, tombstone: Post) -> None:
    thread = client.get(f"/post/{tombstone.parent_id}/").json()

    assert thread["replies_count"] == 0
    assert [(reply["id"], reply["deleted"], reply["text"]) for reply in thread["replies"]] == [
        (tombstone.id, True, "")
    ]
    assert client.get(f"/post/{tombstone.parent_id}/replies/").json() == thread["replies"]


def test_a_place_is_in_no_other_list_and_no_count(
    session: Session, login: Login, client: TestClient, tombstone: Post, ana: User, bia: User
) -> None:
    make_follow(session, bia, ana)
    top = make_post(session, ana, "Top.")
    make_post(session, bia, "Reply.", parent=top)
    make_like(session, bia, top)
    login(ana).delete(f"/post/{top.id}/")

    archive = client.get("/post/user/ana/", params={"include_replies": True}).json()
    timeline = login(bia).get("/user/timeline/").json()

    assert client.get("/post/", params={"author": "ana"}).json() == archive == timeline == []
    assert [post["text"] for post in client.get("/post/").json()] == ["Bia's."]
    assert client.get("/post/likes/ana/").json() == client.get("/post/likes/bia/").json() == []
    assert client.get("/user/ana/").json()["posts"] == 0
    assert client.get("/user/bia/").json()["posts"] == 3
    assert client.get(f"/post/{top.id}/").json()["deleted"] is True


@pytest.mark.parametrize(
    ("method", "path", "json"),
    [
        ("PUT", "/post/{}/", {"text": "New."}),
        ("PATCH", "/post/{}/", {"text": "New."}),
        ("DELETE", "/post/{}/", None),
        ("POST", "/post/{}/like/", None),
        ("DELETE", "/post/{}/like/", None),
    ],
)
def test_nothing_can_be_done_to_a_place(
    session: Session, login: Login, tombstone: Post, ana: User, method: str, path: str, json: dict[str, str]
) -> None:
    root = make_user(session, superuser=True)
    before = login(ana).get(f"/post/{tombstone.id}/").json()

    answers = [login(actor).request(method, path.format(tombstone.id), json=json) for actor in (ana, root)]

    assert [refusal(answer) for answer in answers] == [(404, "post_not_found")] * 2
    assert login(ana).get(f"/post/{tombstone.id}/").json() == before


def test_nobody_replies_to_a_place(login: Login, client: TestClient, tombstone: Post, ana: User) -> None:
    answer = login(ana).post("/post/", json={"text": "New.", "parent_id": tombstone.id})

    assert refusal(answer) == (404, "parent_not_found")
    assert len(client.get(f"/post/{tombstone.id}/replies/").json()) == 1
    assert client.get("/user/ana/").json()["posts"] == 0


@pytest.mark.parametrize("order", list(permutations(THREAD)))
def test_a_place_goes_with_its_last_reply_in_any_order(
    session: Session, login: Login, client: TestClient, ana: User, order: tuple[str, ...]
) -> None:
    posts: dict[str | None, Post] = {}
    for name, parent in THREAD.items():
        posts[name] = make_post(session, ana, name, parent=posts.get(parent))
    names = {post.id: name for name, post in posts.items()}
    living = set(THREAD)

    with login(ana) as author:
        for name in order:
            assert author.delete(f"/post/{posts[name].id}/").status_code == 204
            living.remove(name)
            places = {place for place in set(THREAD) - living if has_living(place, living)}
            left = {text or names[id_] for id_, text in session.exec(select(Post.id, Post.text))}
            assert left == living | places, f"once {name} went"

    assert client.get("/user/ana/").json()["posts"] == 0
    assert client.get("/post/").json() == []


def has_living(name: str, living: set[str]) -> bool:
    """Whether anything below `name` is still there."""
    return any(
        child in living or has_living(child, living) for child, parent in THREAD.items() if parent == name
    )


def state(client: TestClient, post: Post) -> str:
    """Whether the post is there, only its place, or nothing."""
    answer = client.get(f"/post/{post.id}/")
    if answer.status_code == 404:
        return "gone"
    return "place" if answer.json()["deleted"] else "living"


def test_a_deleted_account_leaves_places_without_a_name(
    session: Session, login: Login, client: TestClient, ana: User, bia: User
) -> None:
    answered = make_post(session, ana, "Answered.")
    make_post(session, bia, "Bia answers.", parent=answered)
    alone, own = make_post(session, ana), make_post(session, ana)
    own_reply = make_post(session, ana, parent=own)
    make_like(session, bia, answered)

    login(ana).delete("/user/me/")

    assert [state(client, post) for post in (answered, alone, own, own_reply)] == ["place", *["gone"] * 3]
    place = client.get(f"/post/{answered.id}/").json()
    assert (place["user"], place["user_id"], place["text"], place["likes"]) == (None, None, "", 0)
    assert [reply["text"] for reply in place["replies"]] == ["Bia answers."]
    assert client.get("/post/likes/bia/").json() == []


def test_a_deleted_account_takes_replies_along(
    session: Session, login: Login, client: TestClient, tombstone: Post, bia: User
) -> None:
    own = make_post(session, make_user(session))
    make_post(session, bia, parent=own)

    login(bia).delete("/user/me/")

    # Deep was the last reply to the place, and the place the last reply to bia's post.
    posts = client.get("/post/").json()
    assert [(post["id"], post["replies_count"]) for post in posts] == [(own.id, 0)]
    for gone in (tombstone.id, tombstone.parent_id):
        assert refusal(client.get(f"/post/{gone}/")) == (404, "post_not_found")
    assert client.get("/user/ana/").json()["posts"] == 0


def test_a_deleted_account_takes_along_any_number_of_posts(
    session: Session, login: Login, client: TestClient, ana: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pamps.services.post.BATCH", 2)
    post = make_post(session, ana)
    for _ in range(2):
        post = make_post(session, ana, parent=make_post(session, ana, parent=post))

    login(ana).delete("/user/me/")

    assert client.get("/post/").json() == []
    assert session.exec(select(Post.id)).all() == []


def test_an_old_place_loses_its_name_with_the_account(
    login: Login, client: TestClient, tombstone: Post, ana: User
) -> None:
    login(ana).delete("/user/me/")

    place = client.get(f"/post/{tombstone.id}/").json()

    assert (place["deleted"], place["user"], place["user_id"]) == (True, None, None)
    assert [reply["text"] for reply in place["replies"]] == ["Deep."]


def test_a_nameless_place_goes_with_its_last_reply(
    login: Login, client: TestClient, tombstone: Post, ana: User, bia: User
) -> None:
    (deep,) = client.get(f"/post/{tombstone.id}/").json()["replies"]
    login(ana).delete("/user/me/")

    login(bia).delete(f"/post/{deep['id']}/")

    assert state(client, tombstone) == "gone"
    assert client.get(f"/post/{tombstone.parent_id}/").json()["replies"] == []


def test_a_superuser_leaves_a_place_too(
    session: Session, login: Login, client: TestClient, ana: User
) -> None:
    post = make_post(session, ana)
    make_post(session, make_user(session), parent=post)

    login(make_user(session, superuser=True)).delete(f"/post/{post.id}/")

    assert state(client, post) == "place"
