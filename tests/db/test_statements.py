"""What a request costs in statements: ten rows as many as one, and no more than needed."""

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Connection
from sqlmodel import Session

from pamps.models import Post, User
from tests.conftest import Login
from tests.support.factories import make_access_token, make_follow, make_like, make_post, make_user
from tests.support.statements import counted

# Each list, and how many statements it costs: who is signed in, and what the list reads.
LISTS = {
    "/user/": 2,
    "/user/ana/followers/": 3,
    "/user/ana/following/": 3,
    "/user/timeline/": 3,  # with a look whether there is more by anybody
    "/post/": 2,
    "/post/?author=ana": 2,
    "/post/user/ana/?include_replies=true": 3,
    "/post/likes/bia/": 3,
    "/post/{post}/": 2,
    "/post/{post}/replies/": 3,
    "/post/{post}/likes/": 3,
}


def write_around(session: Session, ana: User, bia: User, first: Post) -> None:
    """One more row in every list."""
    cora = make_user(session)
    for follower, followed in ((cora, ana), (ana, cora)):
        make_follow(session, follower, followed)
    make_like(session, bia, make_post(session, ana))
    make_post(session, cora, parent=first)
    make_like(session, cora, first)


@pytest.mark.parametrize(("address", "statements"), LISTS.items())
def test_ten_rows_cost_as_many_statements_as_one(
    address: str, statements: int, session: Session, connection: Connection, login: Login
) -> None:
    ana, bia = make_user(session, "ana"), make_user(session, "bia")
    first = make_post(session, ana)
    make_follow(session, bia, ana)
    client, path = login(bia), address.format(post=first.id)

    write_around(session, ana, bia, first)
    with counted(connection) as few:
        one = client.get(path).json()
    for _ in range(9):
        write_around(session, ana, bia, first)
    with counted(connection) as many:
        ten = client.get(path).json()

    assert (len(few), len(many)) == (statements, statements)
    rows = (one["replies"], ten["replies"]) if isinstance(one, dict) else (one, ten)
    assert 1 <= len(rows[0]) < 10 <= len(rows[1])


@pytest.mark.parametrize(("levels", "expected"), [(0, 1), (1, 1), (3, 1), (4, 2), (20, 6), (25, 6)])
def test_a_thread_costs_one_statement_for_four_levels(
    levels: int, expected: int, session: Session, connection: Connection, client: TestClient
) -> None:
    ana = make_user(session)
    first = below = make_post(session, ana)
    for _ in range(levels):
        make_post(session, ana, parent=below)
        below = make_post(session, ana, parent=below)

    with counted(connection) as statements:
        page = client.get(f"/post/{first.id}/thread/?limit=100")
    with counted(connection) as next_statements:
        client.get(f"/post/{first.id}/thread/?limit=1&after={2**40}")

    assert len(page.json()["replies"]) == 2 * min(levels, 20)
    # Besides the levels, and whether the deepest have replies: the posts.
    assert len(statements) == expected + 1
    assert len(next_statements) == 3  # with a look at the cursor


def test_a_thread_is_read_no_deeper_than_the_page_goes(
    session: Session, connection: Connection, client: TestClient
) -> None:
    ana = make_user(session)
    first = make_post(session, ana)
    shown, below = make_post(session, ana, parent=first), make_post(session, ana, parent=first)
    for _ in range(20):
        make_post(session, ana, parent=shown)
        below = make_post(session, ana, parent=below)

    with counted(connection) as statements:
        client.get(f"/post/{first.id}/thread/?limit=20")

    assert len(statements) == 2


def test_a_reply_costs_one_statement_more_for_what_is_above(
    session: Session, connection: Connection, client: TestClient
) -> None:
    ana = make_user(session)
    reply = make_post(session, ana)
    for _ in range(10):
        reply = make_post(session, ana, parent=reply)

    with counted(connection) as statements:
        page = client.get(f"/post/{reply.id}/thread/")

    assert len(page.json()["ancestors"]) == 10
    assert len(statements) == 3


def test_a_token_costs_one_statement_more_than_none(
    session: Session, connection: Connection, login: Login
) -> None:
    ana = make_user(session, "ana")
    make_post(session, ana)
    signed_in, stranger = login(ana), login(ana)
    stranger.headers.clear()

    with counted(connection) as anonymous:
        stranger.get("/post/")
    with counted(connection) as known:
        signed_in.get("/post/")

    assert len(anonymous) == 1
    assert len(known) == 2


def test_a_personal_access_token_costs_one_statement_more_too(
    session: Session, connection: Connection, client: TestClient
) -> None:
    token = make_access_token(session, make_user(session)).token
    client.headers["Authorization"] = f"Bearer {token}"
    client.get("/post/")  # which writes down that the token was used, once a minute

    with counted(connection) as statements:
        client.get("/post/")

    assert len(statements) == 2
