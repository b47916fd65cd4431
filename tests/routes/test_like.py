"""Likes, and the two lists that come of them."""

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session

from pamps.models import Post, User
from tests.conftest import Login
from tests.routes import refusal
from tests.support.factories import make_like, make_post, make_user


def likes(client: TestClient, post: Post) -> int:
    """How many likes the post counts."""
    return int(client.get(f"/post/{post.id}/").json()["likes"])


@pytest.fixture
def ana(session: Session) -> User:
    return make_user(session, "ana")


@pytest.fixture
def post(session: Session) -> Post:
    return make_post(session, make_user(session, "bia"), "Bia's.")


def test_liking_for_the_first_time_is_a_201(login: Login, ana: User, post: Post) -> None:
    answer = login(ana).post(f"/post/{post.id}/like/")

    assert answer.status_code == 201
    made = answer.json()
    assert set(made) == {"id", "user_id", "post_id", "date"}
    assert (made["user_id"], made["post_id"]) == (ana.id, post.id)
    assert made["date"].endswith("Z")


def test_liking_again_is_a_200_and_changes_nothing(
    login: Login, client: TestClient, ana: User, post: Post
) -> None:
    first = login(ana).post(f"/post/{post.id}/like/")

    second = login(ana).post(f"/post/{post.id}/like/")

    assert second.status_code == 200
    assert second.json() == first.json()
    assert likes(client, post) == 1


def test_unliking_is_a_204_however_often(
    session: Session, login: Login, client: TestClient, ana: User, post: Post
) -> None:
    make_like(session, ana, post)
    make_like(session, make_user(session), post)

    answers = [login(ana).delete(f"/post/{post.id}/like/") for _ in range(3)]

    assert [(answer.status_code, answer.content) for answer in answers] == [(204, b"")] * 3
    assert likes(client, post) == 1


def test_the_count_survives_liking_and_unliking_in_turns(
    session: Session, login: Login, client: TestClient, ana: User, post: Post
) -> None:
    make_like(session, make_user(session), post)
    methods = ("POST", "DELETE", "POST", "POST", "DELETE", "POST")

    statuses = [login(ana).request(method, f"/post/{post.id}/like/").status_code for method in methods]

    assert statuses == [201, 204, 201, 200, 204, 201]
    assert likes(client, post) == 2


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_what_is_not_there_cannot_be_liked(login: Login, ana: User, post: Post, method: str) -> None:
    answer = login(ana).request(method, f"/post/{post.id + 1}/like/")

    assert refusal(answer) == (404, "post_not_found")


def test_own_posts_and_replies_can_be_liked(
    session: Session, login: Login, client: TestClient, ana: User, post: Post
) -> None:
    reply = make_post(session, ana, parent=post)

    answer = login(ana).post(f"/post/{reply.id}/like/")

    assert answer.status_code == 201
    assert (likes(client, reply), likes(client, post)) == (1, 0)


def test_liked_is_told_to_each_signed_in_viewer(
    session: Session, login: Login, client: TestClient, ana: User, post: Post
) -> None:
    bia = make_user(session)
    make_like(session, ana, post)
    paths = ["/post/", "/post/user/bia/"]

    seen = [[viewer.get(path).json()[0] for path in paths] for viewer in (login(ana), login(bia), client)]
    details = [viewer.get(f"/post/{post.id}/").json() for viewer in (login(ana), login(bia), client)]

    assert [[shown.get("liked") for shown in posts] for posts in seen] == [
        [True, True],
        [False, False],
        [None, None],
    ]
    assert [shown.get("liked") for shown in details] == [True, False, None]
    assert not [shown for shown in [*seen[2], details[2]] if "liked" in shown]


def test_likers_are_listed_latest_first(session: Session, client: TestClient, ana: User, post: Post) -> None:
    cleo, dora = make_user(session, "cleo"), make_user(session, "dora")
    for user in (dora, ana, cleo):
        make_like(session, user, post)

    users = client.get(f"/post/{post.id}/likes/").json()

    assert [user["username"] for user in users] == ["cleo", "ana", "dora"]
    assert not {"followed", "follows_you", "email"} & set(users[0])


def test_likers_are_listed_for_signed_in_viewers(
    session: Session, login: Login, ana: User, post: Post
) -> None:
    make_like(session, ana, post)

    (user,) = login(ana).get(f"/post/{post.id}/likes/").json()

    assert (user["username"], user["followed"], user["follows_you"]) == ("ana", False, False)


def test_likers_of_nothing_are_not_there(client: TestClient, post: Post) -> None:
    assert refusal(client.get(f"/post/{post.id + 1}/likes/")) == (404, "post_not_found")


def test_liked_posts_are_listed_latest_like_first(
    session: Session, client: TestClient, ana: User, post: Post
) -> None:
    newer, reply = make_post(session, ana, "Ana's."), make_post(session, ana, "Reply.", parent=post)
    make_post(session, ana, "Not liked.")
    for liked in (newer, reply, post):
        make_like(session, ana, liked)
    make_like(session, make_user(session), newer)

    posts = client.get("/post/likes/ANA/").json()

    assert [shown["text"] for shown in posts] == ["Bia's.", "Reply.", "Ana's."]
    assert [shown["likes"] for shown in posts] == [1, 1, 2]


def test_liked_posts_are_listed_for_signed_in_viewers(
    session: Session, login: Login, ana: User, post: Post
) -> None:
    bia = make_user(session)
    both = make_post(session, bia, "Both like it.")
    for user, liked in ((ana, post), (ana, both), (bia, both)):
        make_like(session, user, liked)

    answer = login(bia).get("/post/likes/ana/")

    assert answer.status_code == 200
    assert [(shown["text"], shown["liked"]) for shown in answer.json()] == [
        ("Both like it.", True),
        ("Bia's.", False),
    ]


def test_what_nobody_likes_is_an_empty_list_and_nobody_has_none(
    client: TestClient, ana: User, post: Post
) -> None:
    assert client.get("/post/likes/ana/").json() == []
    assert client.get(f"/post/{post.id}/likes/").json() == []
    assert refusal(client.get("/post/likes/nobody/")) == (404, "user_not_found")


def test_a_deleted_post_leaves_the_lists_of_those_who_liked_it(
    session: Session, login: Login, client: TestClient, ana: User, post: Post
) -> None:
    own = make_post(session, ana)
    make_like(session, ana, own)
    make_like(session, ana, post)

    login(ana).delete(f"/post/{own.id}/")

    assert [shown["id"] for shown in client.get("/post/likes/ana/").json()] == [post.id]
