"""Following, unfollowing, and the two lists that come of it."""

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session

from pamps.models import User
from tests.conftest import Login
from tests.routes import refusal
from tests.support.factories import make_follow, make_user


def names(client: TestClient, path: str) -> list[str]:
    """Who is on a list of people, in its order."""
    return [user["username"] for user in client.get(path).json()]


def counts(client: TestClient, user: User) -> tuple[int, int]:
    """How many follow the user, and how many the user follows."""
    profile = client.get(f"/user/{user.username}/").json()
    return profile["followers"], profile["following"]


@pytest.fixture
def ana(session: Session) -> User:
    return make_user(session, "ana")


@pytest.fixture
def bia(session: Session) -> User:
    return make_user(session, "bia")


def test_following_somebody_new_is_a_201(login: Login, ana: User, bia: User) -> None:
    answer = login(ana).post(f"/user/follow/{bia.id}/")

    assert answer.status_code == 201
    made = answer.json()
    assert set(made) == {"id", "follower_id", "followed_id", "date"}
    assert (made["follower_id"], made["followed_id"]) == (ana.id, bia.id)
    assert made["date"].endswith("Z")


def test_following_again_is_a_200_and_changes_nothing(
    login: Login, client: TestClient, ana: User, bia: User
) -> None:
    first = login(ana).post(f"/user/follow/{bia.id}/")

    second = login(ana).post(f"/user/follow/{bia.id}/")

    assert second.status_code == 200
    assert second.json() == first.json()
    assert (counts(client, ana), counts(client, bia)) == ((0, 1), (1, 0))


def test_unfollowing_is_a_204_however_often(
    session: Session, login: Login, client: TestClient, ana: User, bia: User
) -> None:
    make_follow(session, ana, bia)
    make_follow(session, bia, ana)

    answers = [login(ana).delete(f"/user/follow/{bia.id}/") for _ in range(3)]

    assert [(answer.status_code, answer.content) for answer in answers] == [(204, b"")] * 3
    assert (counts(client, ana), counts(client, bia)) == ((1, 0), (0, 1))
    assert names(client, "/user/bia/followers/") == []


def test_counts_survive_following_and_unfollowing_in_turns(
    login: Login, client: TestClient, ana: User, bia: User
) -> None:
    path = f"/user/follow/{bia.id}/"

    statuses = [login(ana).request(m, path).status_code for m in ("POST", "DELETE", "POST", "POST", "DELETE")]
    statuses.append(login(ana).post(path).status_code)

    assert statuses == [201, 204, 201, 200, 204, 201]
    assert (counts(client, ana), counts(client, bia)) == ((0, 1), (1, 0))


def test_nobody_follows_themselves(login: Login, client: TestClient, ana: User) -> None:
    answer = login(ana).post(f"/user/follow/{ana.id}/")

    assert refusal(answer) == (409, "self_follow")
    assert counts(client, ana) == (0, 0)


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_nobody_follows_who_is_not_there(login: Login, client: TestClient, ana: User, method: str) -> None:
    answer = login(ana).request(method, f"/user/follow/{ana.id + 1}/")

    assert refusal(answer) == (404, "user_not_found")
    assert counts(client, ana) == (0, 0)


def test_a_follow_has_one_direction(login: Login, client: TestClient, ana: User, bia: User) -> None:
    login(ana).post(f"/user/follow/{bia.id}/")

    assert names(client, "/user/bia/followers/") == ["ana"]
    assert names(client, "/user/ana/following/") == ["bia"]
    assert names(client, "/user/ana/followers/") == []
    assert names(client, "/user/bia/following/") == []


def test_both_lists_show_the_latest_first(session: Session, client: TestClient, ana: User, bia: User) -> None:
    cleo = make_user(session, "cleo")
    for other in (cleo, bia):
        make_follow(session, other, ana)
        make_follow(session, ana, other)

    assert names(client, "/user/ANA/followers/") == ["bia", "cleo"]
    assert names(client, "/user/Ana/following/") == ["bia", "cleo"]


def test_following_anew_comes_latest(
    session: Session, login: Login, client: TestClient, ana: User, bia: User
) -> None:
    cleo = make_user(session, "cleo")
    make_follow(session, bia, ana)
    make_follow(session, cleo, ana)

    login(bia).delete(f"/user/follow/{ana.id}/")
    login(bia).post(f"/user/follow/{ana.id}/")

    assert names(client, "/user/ana/followers/") == ["bia", "cleo"]


@pytest.mark.parametrize("which", ["followers", "following"])
def test_signed_in_viewers_see_how_they_are_connected(
    session: Session, login: Login, ana: User, bia: User, which: str
) -> None:
    cleo, dora = make_user(session, "cleo"), make_user(session, "dora")
    for other in (ana, bia, cleo):
        make_follow(session, other, dora)
        make_follow(session, dora, other)
    make_follow(session, ana, bia)
    make_follow(session, cleo, ana)

    answer = login(ana).get(f"/user/dora/{which}/")

    assert answer.status_code == 200
    assert [(user["username"], user["followed"], user["follows_you"]) for user in answer.json()] == [
        ("cleo", False, True),
        ("bia", True, False),
        ("ana", False, False),
    ]


@pytest.mark.parametrize("which", ["followers", "following"])
def test_the_lists_of_nobody_are_not_there(client: TestClient, which: str) -> None:
    assert refusal(client.get(f"/user/nobody/{which}/")) == (404, "user_not_found")


@pytest.mark.parametrize("which", ["followers", "following"])
def test_anonymous_viewers_see_the_lists_without_connections(
    session: Session, client: TestClient, ana: User, bia: User, which: str
) -> None:
    make_follow(session, ana, bia)
    make_follow(session, bia, ana)

    (user,) = client.get(f"/user/ana/{which}/").json()

    assert user["username"] == "bia"
    assert not {"followed", "follows_you", "email"} & set(user)
