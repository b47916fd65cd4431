"""Threads with posts by users who are muted, blocked or deleted."""

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session

from pamps.models import Post, User
from pamps.queries.rows import KEPT, PostRow, post_fields
from pamps.services.block import block
from pamps.services.mute import mute
from tests.conftest import Login
from tests.routes import refusal
from tests.routes.test_thread import (
    ana,  # noqa: F401 - a fixture
    bia,  # noqa: F401 - a fixture
    get_thread,
    texts,
    top,  # noqa: F401 - a fixture
)
from tests.support.factories import make_like, make_post, make_user


@pytest.fixture
def talk(session: Session, ana: User, bia: User) -> dict[str, Post]:
    """Bia answers ana, who answers bia; each also likes what bia wrote."""
    first = make_post(session, ana, "first")
    secret = make_post(session, bia, "secret", parent=first)
    answer = make_post(session, ana, "answer", parent=secret)
    make_like(session, ana, secret)
    return {"first": first, "secret": secret, "answer": answer}


def hide(session: Session, who: User, whom: User, how: str) -> None:
    hide_by = block if how == "block" else mute
    hide_by(session, who, whom.id)
    session.commit()


PLACE = {
    "text": "",
    "user_id": None,
    "edited_at": None,
    "deleted": False,
    "likes": 0,
    "replies_count": 1,
    "user": None,
    "liked": False,
}


@pytest.mark.parametrize("how", ["block", "mute"])
def test_somebody_hidden_leaves_a_place(
    session: Session, login: Login, ana: User, bia: User, talk: dict[str, Post], how: str
) -> None:
    hide(session, ana, bia, how)
    secret = talk["secret"]

    place, answer = get_thread(login(ana), talk["first"])["replies"]
    above = get_thread(login(ana), talk["answer"])["ancestors"]

    date = place.pop("date")
    expected = {"id": secret.id, "parent_id": secret.parent_id, **PLACE, "hidden": how}
    assert place == {**expected, "depth": 1, "more_replies": False}
    assert (answer["text"], answer["depth"]) == ("answer", 2)
    assert "hidden" not in answer
    assert texts(above) == ["first", ""]
    assert above[1] == {**expected, "date": date}


@pytest.mark.security(29)
def test_nothing_of_a_hidden_post_is_in_the_answer(
    session: Session, login: Login, client: TestClient, ana: User, bia: User, talk: dict[str, Post]
) -> None:
    hide(session, ana, bia, "block")
    addresses = [f"/post/{talk[text].id}/thread/" for text in ("first", "answer")]

    for address in addresses * 2:  # turn and turn about: nobody gets what was made for another
        hidden, shown = login(ana).get(address), client.get(address)
        assert "secret" not in hidden.text
        assert "bia" not in hidden.text
        assert "secret" in shown.text
        assert '"hidden"' not in shown.text


def test_both_sides_of_a_block_look_the_same(session: Session, login: Login, ana: User, bia: User) -> None:
    cora = make_user(session)
    top = make_post(session, cora)
    make_post(session, ana, "ana's", parent=top)
    make_post(session, bia, "bia's", parent=top)
    hide(session, ana, bia, "block")

    def seen_by(viewer: User) -> list[tuple[str, str | None]]:
        replies = get_thread(login(viewer), top)["replies"]
        return [(reply["text"], reply.get("hidden")) for reply in replies]

    assert seen_by(ana) == [("ana's", None), ("", "block")]
    assert seen_by(bia) == [("", "block"), ("bia's", None)]
    assert seen_by(cora) == [("ana's", None), ("bia's", None)]


@pytest.mark.parametrize("blocks", ["ana", "bia"])
def test_who_is_muted_too_is_blocked(
    session: Session, login: Login, ana: User, bia: User, talk: dict[str, Post], blocks: str
) -> None:
    hide(session, ana, bia, "mute")
    hide(session, *((ana, bia) if blocks == "ana" else (bia, ana)), "block")

    assert get_thread(login(ana), talk["first"])["replies"][0]["hidden"] == "block"


def test_a_deleted_post_of_somebody_hidden_is_both(
    session: Session, login: Login, ana: User, bia: User, talk: dict[str, Post]
) -> None:
    login(bia).delete(f"/post/{talk['secret'].id}/")
    hide(session, ana, bia, "mute")

    place = get_thread(login(ana), talk["first"])["replies"][0]

    assert (place["deleted"], place["hidden"], place["user_id"]) == (True, "mute", None)


@pytest.mark.security(29)
def test_the_thread_of_a_blocked_post_is_not_found(
    session: Session, login: Login, ana: User, bia: User, talk: dict[str, Post]
) -> None:
    hide(session, bia, ana, "block")
    address = f"/post/{talk['secret'].id}/thread/"

    # The cursor tells nothing either.
    answers = [login(ana).get(address, params=after) for after in ({}, {"after": talk["first"].id})]

    assert [refusal(answer) for answer in answers] == [(404, "post_not_found")] * 2


def test_the_thread_of_a_muted_post_is_shown(
    session: Session, login: Login, ana: User, bia: User, talk: dict[str, Post]
) -> None:
    hide(session, ana, bia, "mute")

    thread = get_thread(login(ana), talk["secret"])

    assert thread["post"]["text"] == "secret"
    assert "hidden" not in thread["post"]
    assert texts(thread["replies"]) == ["answer"]


def test_a_deleted_account_leaves_a_place_that_nobody_hid(
    session: Session, login: Login, client: TestClient, bia: User, talk: dict[str, Post]
) -> None:
    login(bia).delete("/user/me/")

    place = get_thread(client, talk["first"])["replies"][0]

    assert (place["deleted"], place["user_id"], place["user"]) == (True, None, None)
    assert "hidden" not in place


@pytest.mark.security(29)
def test_every_field_of_a_post_is_either_shown_or_hidden() -> None:
    """A new field has to say so: `hidden` has no default."""
    kept = {name for name, field in post_fields().items() if field.hidden is KEPT}

    assert tuple(post_fields()) == PostRow._fields
    assert kept == {"id", "date", "parent_id", "deleted", "replies_count"}
