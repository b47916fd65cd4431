"""Posts and replies: written, listed, edited, deleted."""

from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session

from pamps.models import User
from tests.conftest import Login
from tests.routes import refusal, wrong_fields
from tests.support.factories import make_like, make_post, make_user

FIELDS = {
    *("id", "text", "date", "user_id", "parent_id", "edited_at", "deleted"),
    *("likes", "replies_count", "user"),
}


def texts(client: TestClient, path: str, **params: Any) -> list[str]:
    """What a list of posts shows, in its order."""
    return [post["text"] for post in client.get(path, params=params or None).json()]


@pytest.fixture
def ana(session: Session) -> User:
    return make_user(session, "Ana")


def test_a_new_post_is_shown_whole(login: Login, ana: User) -> None:
    before = datetime.now(UTC)
    answer = login(ana).post("/post/", json={"text": "Hello."})

    assert answer.status_code == 201
    post = answer.json()
    assert set(post) == FIELDS | {"liked"}
    assert before <= datetime.fromisoformat(post["date"]) <= datetime.now(UTC)
    assert post["date"].endswith("Z")
    del post["id"], post["date"]
    assert post == {
        "text": "Hello.",
        "user_id": ana.id,
        "parent_id": None,
        "edited_at": None,
        "deleted": False,
        "likes": 0,
        "replies_count": 0,
        "user": {"id": ana.id, "username": "Ana", "avatar": None},
        "liked": False,
    }


def test_a_reply_names_its_parent_and_is_counted(session: Session, login: Login, ana: User) -> None:
    post = make_post(session, make_user(session))
    client = login(ana)

    answer = client.post("/post/", json={"text": "A reply.", "parent_id": post.id})

    assert (answer.status_code, answer.json()["parent_id"]) == (201, post.id)
    thread = client.get(f"/post/{post.id}/").json()
    assert thread["replies_count"] == 1
    assert thread["replies"] == [answer.json()]
    assert client.get("/user/ana/").json()["posts"] == 1


def test_a_reply_needs_a_parent_that_is_there(login: Login, ana: User) -> None:
    client = login(ana)

    answer = client.post("/post/", json={"text": "A reply.", "parent_id": 2**62})

    assert refusal(answer) == (404, "parent_not_found")
    assert texts(client, "/post/user/ana/", include_replies=True) == []
    assert client.get("/user/ana/").json()["posts"] == 0


@pytest.mark.parametrize("text", ["x", "🙂" * 500, "  as typed \r\n", " " * 100 + "x" * 500, "<b>&amp;"])
def test_texts_are_stored_as_typed(login: Login, client: TestClient, ana: User, text: str) -> None:
    made = login(ana).post("/post/", json={"text": text}).json()

    assert made["text"] == text
    assert client.get(f"/post/{made['id']}/").json()["text"] == text


@pytest.mark.parametrize(
    "text", ["", " ", "\r\n\t", "\u200b\u2060", "x" * 501, " " + "🙂" * 501, None, 5, ["x"]]
)
def test_a_text_has_1_to_500_characters(session: Session, login: Login, ana: User, text: Any) -> None:
    post = make_post(session, ana, "Old.")
    client = login(ana)

    made = client.post("/post/", json={"text": text})
    edited = client.patch(f"/post/{post.id}/", json={"text": text})

    assert wrong_fields(made) == wrong_fields(edited) == ["body.text"]
    assert texts(client, "/post/") == ["Old."]


def test_the_feed_shows_all_top_level_posts_newest_first(
    session: Session, client: TestClient, ana: User
) -> None:
    first = make_post(session, ana, "One.")
    make_post(session, make_user(session), "Two.")
    make_post(session, ana, "A reply.", parent=first)
    make_post(session, ana, "Three.")

    posts = client.get("/post/").json()

    assert [post["text"] for post in posts] == ["Three.", "Two.", "One."]
    assert [post["replies_count"] for post in posts] == [0, 0, 1]
    assert all(set(post) == FIELDS for post in posts)
    assert texts(client, "/post/", sort="-date") == ["Three.", "Two.", "One."]
    assert texts(client, "/post/", sort="date") == ["One.", "Two.", "Three."]


@pytest.mark.parametrize("name", ["Ana", "ana", "ANA"])
def test_the_feed_can_show_one_author(session: Session, client: TestClient, ana: User, name: str) -> None:
    make_post(session, ana, "One.")
    make_post(session, make_user(session, "anabel"), "Two.")
    make_post(session, ana, "Three.")

    assert texts(client, "/post/", author=name) == ["Three.", "One."]
    assert texts(client, "/post/", author=name, sort="date") == ["One.", "Three."]


@pytest.mark.parametrize("name", ["bia", "an", "%", "An_", "_na", "a%", "\\", "", " Ana", "\u212a"])
def test_the_feed_of_nobody_is_empty(session: Session, client: TestClient, ana: User, name: str) -> None:
    make_post(session, ana)
    make_post(session, make_user(session, "k"))  # U+212A, in lower case, is a k

    assert texts(client, "/post/", author=name) == []


@pytest.mark.parametrize("sort", ["text", "id", "DATE", "", "date,id", "date;"])
@pytest.mark.parametrize("path", ["/post/", "/post/user/ana/"])
def test_there_are_two_orders(client: TestClient, ana: User, path: str, sort: str) -> None:
    assert wrong_fields(client.get(path, params={"sort": sort})) == ["query.sort"]


def test_an_archive_is_oldest_first_and_shows_replies_on_demand(
    session: Session, client: TestClient, ana: User
) -> None:
    first = make_post(session, ana, "One.")
    make_post(session, make_user(session), "Not hers.")
    make_post(session, ana, "A reply.", parent=first)
    make_post(session, ana, "Three.")

    assert texts(client, "/post/user/aNa/") == ["One.", "Three."]
    assert texts(client, "/post/user/aNa/", include_replies=True) == ["One.", "A reply.", "Three."]
    assert texts(client, "/post/user/aNa/", sort="-date") == ["Three.", "One."]
    assert refusal(client.get("/post/user/nobody/")) == (404, "user_not_found")


def test_a_thread_shows_direct_replies_oldest_first(session: Session, client: TestClient, ana: User) -> None:
    bia = make_user(session, "bia")
    post = make_post(session, ana, "A post.")
    first = make_post(session, bia, "One.", parent=post)
    make_post(session, ana, "Deeper.", parent=first)
    make_post(session, ana, "Two.", parent=post)

    thread = client.get(f"/post/{post.id}/").json()

    assert set(thread) == FIELDS | {"replies"}
    assert [reply["text"] for reply in thread["replies"]] == ["One.", "Two."]
    assert [reply["replies_count"] for reply in thread["replies"]] == [1, 0]
    assert thread["replies_count"] == 2
    assert thread["replies"] == client.get(f"/post/{post.id}/replies/").json()


def test_a_thread_shows_100_replies_and_the_list_all(session: Session, client: TestClient, ana: User) -> None:
    post = make_post(session, ana)
    for number in range(101):
        make_post(session, ana, str(number), parent=post)

    thread = client.get(f"/post/{post.id}/").json()
    listed = client.get(f"/post/{post.id}/replies/", params={"limit": 100})

    assert [reply["text"] for reply in thread["replies"]] == [str(number) for number in range(100)]
    assert thread["replies_count"] == 101
    assert listed.json() == thread["replies"]
    assert texts(client, listed.links["next"]["url"]) == ["100"]


def test_a_thread_tells_signed_in_viewers_what_they_like(session: Session, login: Login, ana: User) -> None:
    post = make_post(session, ana)
    liked, _ = make_post(session, ana, parent=post), make_post(session, ana, parent=post)
    make_like(session, ana, liked)
    make_like(session, make_user(session), post)

    thread = login(ana).get(f"/post/{post.id}/").json()

    assert thread["liked"] is False
    assert [(reply["liked"], reply["likes"]) for reply in thread["replies"]] == [(True, 1), (False, 0)]


@pytest.mark.parametrize("path", ["/post/{}/", "/post/{}/replies/", "/post/{}/likes/"])
def test_what_is_not_there_is_a_404(session: Session, client: TestClient, ana: User, path: str) -> None:
    post = make_post(session, ana)

    assert refusal(client.get(path.format(post.id + 1))) == (404, "post_not_found")


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_an_author_edits(session: Session, login: Login, client: TestClient, ana: User, method: str) -> None:
    post = make_post(session, ana, "Old.", parent=make_post(session, ana))
    before = client.get(f"/post/{post.id}/").json()

    answer = login(ana).request(method, f"/post/{post.id}/", json={"text": "New."})

    assert answer.status_code == 200
    after = client.get(f"/post/{post.id}/").json()
    assert before["edited_at"] is None
    assert datetime.fromisoformat(after["edited_at"]) > datetime.fromisoformat(before["date"])
    assert after == before | {"text": "New.", "edited_at": answer.json()["edited_at"]}


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
@pytest.mark.parametrize("superuser", [False, True])
def test_nobody_else_edits(
    session: Session, login: Login, client: TestClient, ana: User, method: str, superuser: bool
) -> None:
    post = make_post(session, ana)
    before = client.get(f"/post/{post.id}/").json()
    other = make_user(session, superuser=superuser)

    answer = login(other).request(method, f"/post/{post.id}/", json={"text": "New."})

    assert refusal(answer) == (403, "not_author")
    assert client.get(f"/post/{post.id}/").json() == before


@pytest.mark.parametrize("superuser", [False, True])
def test_an_author_and_a_superuser_delete(
    session: Session, login: Login, client: TestClient, ana: User, superuser: bool
) -> None:
    parent = make_post(session, make_user(session))
    post = make_post(session, ana, parent=parent)
    actor = make_user(session, superuser=True) if superuser else ana

    answer = login(actor).delete(f"/post/{post.id}/")

    assert (answer.status_code, answer.content) == (204, b"")
    assert refusal(client.get(f"/post/{post.id}/")) == (404, "post_not_found")
    thread = client.get(f"/post/{parent.id}/").json()
    assert (thread["replies_count"], thread["replies"]) == (0, [])
    assert client.get("/user/ana/").json()["posts"] == 0
    assert refusal(login(actor).delete(f"/post/{post.id}/")) == (404, "post_not_found")


def test_nobody_else_deletes(session: Session, login: Login, client: TestClient, ana: User) -> None:
    post = make_post(session, ana)

    answer = login(make_user(session)).delete(f"/post/{post.id}/")

    assert refusal(answer) == (403, "not_author")
    assert texts(client, "/post/") == ["A text."]


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_what_is_not_there_cannot_be_changed(session: Session, login: Login, ana: User, method: str) -> None:
    post = make_post(session, ana)
    json = None if method == "DELETE" else {"text": "New."}

    answer = login(ana).request(method, f"/post/{post.id + 1}/", json=json)

    assert refusal(answer) == (404, "post_not_found")


def test_the_id_of_the_newest_post_is_never_given_again(session: Session, login: Login, ana: User) -> None:
    post = make_post(session, ana)
    client = login(ana)
    client.delete(f"/post/{post.id}/")

    made = client.post("/post/", json={"text": "Next."}).json()

    assert made["id"] > post.id
