"""Lists by cursor: every window, and the way from one to the next."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session

from pamps.app import app
from pamps.models import Post, User
from tests.conftest import Login
from tests.support.factories import make_follow, make_like, make_post, make_user

# Every list there is, and for how many rows each is made below.
LISTS = {
    "/user/": 9,
    "/user/hub/followers/": 7,
    "/user/hub/following/": 7,
    "/user/timeline/?include_own=true": 14,
    "/user/timeline/?include_replies=false": 7,
    "/post/": 8,
    "/post/?sort=date": 8,
    "/post/?author=hub": 1,
    "/post/user/hub/?include_replies=true": 7,
    "/post/user/hub/?include_replies=true&sort=-date": 7,
    "/post/{post}/replies/": 6,
    "/post/{post}/likes/": 8,
    "/post/likes/hub/": 8,
}


def ids(answer: Response) -> list[int]:
    """The rows of a page, in its order."""
    assert answer.status_code == 200, answer.text
    return [row["id"] for row in answer.json()]


def url(answer: Response, relation: str) -> str | None:
    """The address of a neighbouring page."""
    return answer.links.get(relation, {}).get("url")


def relations(answer: Response) -> list[str]:
    """Which neighbours the header names, in its order."""
    return re.findall(r'rel="(\w+)"', answer.headers.get("Link", ""))


def walk(client: TestClient, start: str | None, relation: str) -> list[Response]:
    """The page at `start` and all that follow in one direction."""
    pages: list[Response] = []
    while start is not None:
        assert len(pages) < 50, f"endless: {start}"
        pages.append(client.get(start))
        start = url(pages[-1], relation)
    return pages


@pytest.fixture
def ana(session: Session) -> User:
    return make_user(session, "ana")


@pytest.fixture
def posts(session: Session, ana: User) -> list[int]:
    """The ids of seven posts, oldest first."""
    return [make_post(session, ana).id for _ in range(7)]


@pytest.fixture
def world(session: Session, login: Login) -> Iterator[tuple[TestClient, int]]:
    """Rows for every list, with gaps where some were deleted, and a post with many replies and likes."""
    hub = make_user(session, "hub")
    people = [make_user(session) for _ in range(8)]
    post = make_post(session, hub)
    make_like(session, hub, post)
    for person in people:
        make_follow(session, person, hub)
        make_follow(session, hub, person)
        make_like(session, hub, make_post(session, person))
        make_like(session, person, post)
        make_post(session, hub, parent=post)
    client = login(hub)
    for reply in ids(client.get(f"/post/{post.id}/replies/"))[2:4]:
        assert client.delete(f"/post/{reply}/").status_code == 204
    assert login(people[5]).delete("/user/me/").status_code == 204
    make_user(session)
    with client:
        yield client, post.id


def test_a_page_has_20_rows_unless_told_otherwise(session: Session, client: TestClient, ana: User) -> None:
    made = [make_post(session, ana).id for _ in range(101)]
    newest_first = made[::-1]

    assert ids(client.get("/post/")) == newest_first[:20]
    assert ids(client.get("/post/?limit=1")) == newest_first[:1]
    assert ids(client.get("/post/?limit=100")) == newest_first[:100]


@pytest.mark.parametrize(
    ("query", "window"),
    [
        ("", [6, 5, 4, 3, 2, 1, 0]),
        ("before=4", [3, 2, 1, 0]),
        ("after=4", [6, 5]),
        ("before=5&limit=2", [4, 3]),
        ("after=1&limit=2", [3, 2]),  # the nearest ones, in the order of the list
        ("after=1&before=5", [4, 3, 2]),
        ("after=1&before=5&limit=2", [4, 3]),
        ("after=4&before=2", []),
        ("after=3&before=4", []),
        ("before=0", []),
        ("after=6", []),
        ("sort=date&after=4", [5, 6]),
        ("sort=date&before=5&limit=2", [3, 4]),
        ("sort=date&after=1&before=5", [2, 3, 4]),
        ("sort=date&after=1&before=5&limit=2", [2, 3]),
    ],
)
def test_before_and_after_bound_a_window(
    client: TestClient, posts: list[int], query: str, window: list[int]
) -> None:
    # The query counts posts, the API wants their ids.
    params = {name: values[0] for name, values in parse_qs(query).items()}
    params |= {name: str(posts[int(params[name])]) for name in ("before", "after") if name in params}

    assert ids(client.get("/post/", params=params)) == [posts[index] for index in window]


def test_cursors_beyond_all_rows_are_fine(client: TestClient, posts: list[int]) -> None:
    assert ids(client.get(f"/post/?before={2**63 - 1}")) == posts[::-1]
    assert ids(client.get("/post/?before=1")) == []
    assert ids(client.get(f"/post/?after={2**63 - 1}")) == []


def test_the_header_names_the_next_page_before_the_previous_one(client: TestClient, posts: list[int]) -> None:
    answer = client.get(f"/post/?limit=2&before={posts[5]}")

    base = "http://testserver/post/?limit=2"
    assert answer.headers["Link"] == (
        f'<{base}&before={posts[3]}>; rel="next", <{base}&after={posts[4]}>; rel="prev"'
    )


def test_the_first_page_has_no_previous_and_the_last_no_next(client: TestClient, posts: list[int]) -> None:
    pages = walk(client, "/post/?limit=3", "next")

    assert [relations(page) for page in pages] == [["next"], ["next", "prev"], ["prev"]]


def test_there_and_back_and_there_again_shows_the_same_pages(client: TestClient, posts: list[int]) -> None:
    there = walk(client, "/post/?limit=3", "next")
    back = walk(client, url(there[-1], "prev"), "prev")
    again = walk(client, url(back[-1], "next"), "next")

    pages = [posts[:3:-1], posts[3:0:-1], posts[:1]]
    assert [ids(page) for page in there] == pages
    assert [ids(page) for page in back] == pages[1::-1]
    assert [ids(page) for page in again] == pages[1:]


@pytest.mark.parametrize("limit", [7, 8, 100])
def test_a_list_that_fits_has_no_link(client: TestClient, posts: list[int], limit: int) -> None:
    answer = client.get("/post/", params={"limit": limit})

    assert ids(answer) == posts[::-1]
    assert "Link" not in answer.headers


def test_a_last_page_that_is_full_has_no_next(client: TestClient, posts: list[int]) -> None:
    pages = walk(client, f"/post/?limit=2&before={posts[4]}", "next")

    assert [ids(page) for page in pages] == [[posts[3], posts[2]], [posts[1], posts[0]]]
    assert url(pages[-1], "next") is None


def test_an_empty_list_is_an_empty_array_without_link(client: TestClient) -> None:
    answer = client.get("/post/")

    assert (answer.status_code, answer.json()) == (200, [])
    assert "Link" not in answer.headers


def test_addresses_are_absolute_and_keep_the_other_parameters(client: TestClient, posts: list[int]) -> None:
    asked: dict[str, Any] = {"author": ["ANA"], "sort": ["date"], "limit": ["2"], "x": ["ä&b=c\r\n", ""]}
    elsewhere = TestClient(app, base_url="https://pamps.example:8443")

    answer = elsewhere.get("/post", params=asked | {"after": posts[1]})

    for relation, cursor in (("next", {"after": [str(posts[3])]}), ("prev", {"before": [str(posts[2])]})):
        parts = urlsplit(url(answer, relation) or "")
        assert (parts.scheme, parts.netloc, parts.path) == ("https", "pamps.example:8443", "/post/")
        assert parse_qs(parts.query, keep_blank_values=True) == asked | cursor


def test_new_rows_never_shift_a_page(
    session: Session, client: TestClient, ana: User, posts: list[int]
) -> None:
    first = client.get("/post/?limit=3")
    oldest_first = client.get("/post/user/ana/?limit=3")
    new = [make_post(session, ana).id for _ in range(2)]

    second = client.get(url(first, "next") or "")
    back = client.get(url(second, "prev") or "")
    archive = walk(client, url(oldest_first, "next"), "next")

    assert ids(second) == posts[3:0:-1]
    assert ids(back) == ids(first) == posts[:3:-1]
    assert [ids(page) for page in archive] == [posts[3:6], [posts[6], *new]]
    assert ids(client.get(url(back, "prev") or "")) == new[::-1]


@pytest.mark.security(15)
def test_the_cursor_of_a_deleted_row_still_marks_its_place(
    login: Login, client: TestClient, ana: User, posts: list[int]
) -> None:
    first = client.get("/post/?limit=3")
    for gone in ids(first)[1:]:
        login(ana).delete(f"/post/{gone}/")

    second = client.get(url(first, "next") or "")
    back = client.get(url(second, "prev") or "")

    assert ids(second) == posts[3:0:-1]
    assert ids(back) == [posts[6]]
    assert url(back, "prev") is None


def test_a_like_undone_and_done_again_moves_to_the_front(
    session: Session, login: Login, client: TestClient, ana: User, posts: list[int]
) -> None:
    for post_id in posts:
        make_like(session, ana, session.get_one(Post, post_id))
    first = client.get("/post/likes/ana/?limit=3")

    for method in ("DELETE", "POST"):
        login(ana).request(method, f"/post/{posts[0]}/like/")

    rest = [ids(page) for page in walk(client, url(first, "next"), "next")]
    assert rest == [posts[3:0:-1]]
    assert ids(client.get("/post/likes/ana/?limit=2")) == [posts[0], posts[6]]


@settings(
    max_examples=30,
    deadline=None,
    database=None,
    # The examples only read, so they may share what the fixtures made.
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(address=st.sampled_from(sorted(LISTS)), limit=st.integers(1, 9))
def test_walking_a_list_there_and_back_shows_every_row_once(
    world: tuple[TestClient, int], address: str, limit: int
) -> None:
    client, post = world
    path = address.format(post=post)
    everything = ids(client.get(path, params=None))
    join = "&" if "?" in path else "?"

    forwards = walk(client, f"{path}{join}limit={limit}", "next")
    backwards = walk(client, str(forwards[-1].request.url), "prev")

    assert len(everything) == LISTS[address]
    assert [row for page in forwards for row in ids(page)] == everything
    assert all(len(page.json()) == limit for page in forwards[:-1])
    assert [page.json() for page in backwards[::-1]] == [page.json() for page in forwards]
    assert [relations(page) for page in backwards[::-1]] == [relations(page) for page in forwards]
