"""A page costs no more where there is more: counted, not timed, with 1,000 posts and with 100,000."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from functools import cache
from itertools import product
from typing import Any

import pytest
from httpx2 import URL, Response
from sqlalchemy.schema import DropIndex

from benchmarks.growth import TARGET
from benchmarks.lists import SHORT
from pamps.app import app
from pamps.models.ids import MAX_ID
from tests.support.growth import LOUD_POST, QUIET_POST, TABLES, Rows, World, open_world

SIZES = (1_000, 100_000)
LIMIT = 20
# Of a small table PostgreSQL reads the few pages as a whole. In a large one it looks up each row, and its
# author, on their own: two pages of an index and one of the table for each, however large they are.
PER_ROW = 6

NAMES = ("quiet", "loud")
POSTS = (QUIET_POST, LOUD_POST)
WORDS = ("seldom", "somebody", '"somebody wrote"', "%23quiet", "from:quiet")
BY_USER = ("", "?sort=-date", "?include_replies=true")
# What stands in an address for its parameters: a quiet user or post, and a loud one.
VALUES = {"username": NAMES, "tag": NAMES, "post_id": [str(post) for post in POSTS]}
# The addresses of a list that has filters; of any other its parameters are filled in.
FILTERED = {
    "/post/": [
        "/post/",
        *(f"/post/?author={name}" for name in NAMES),
        # No common ones: of the newest posts here all are replies, and a search passes them over by blocks
        # of eight times as many posts each.
        *(f"/post/?{search}" for search in ("tag=quiet", "q=seldom", "q=from:quiet")),
        "/post/?since=2025-01-01",
    ],
    "/search/": [f"/search/?q={word}&sort=-date" for word in WORDS],
    "/post/user/{username}/": [f"/post/user/{name}/{which}" for name, which in product(NAMES, BY_USER)],
    "/user/timeline/": ["/user/timeline/", "/user/timeline/?include_replies=false"],
    "/notification/": ["/notification/", "/notification/?type=follow", "/notification/?unread=true"],
}


def find_lists(parameter: str) -> set[str]:
    """The addresses that take this parameter, out of the OpenAPI document."""
    return {
        path
        for path, methods in app.openapi()["paths"].items()
        if any(found["name"] == parameter for found in methods.get("get", {}).get("parameters", []))
    }


def fill_in(address: str) -> list[str]:
    """The address with each of the values for its parameter, if it has one."""
    name = address.partition("{")[2].partition("}")[0]
    return [address.replace(f"{{{name}}}", value) for value in VALUES[name]] if name else [address]


LISTS = {
    address: FILTERED.get(address) or fill_in(address) for address in sorted(find_lists("after") - SHORT)
}
# Lists of one page.
SINGLE_PAGES = {
    "/search/": [f"/search/?q={word}" for word in WORDS],
    "/tag/": ["/tag/?q=tag000"],
    "/tag/trending/": ["/tag/trending/"],
}
READERS = {
    "/user/timeline/": ("reader", "sleepy"),
    "/notification/": ("told",),
    **dict.fromkeys(("/admin/user/", "/user/mute/", "/user/block/"), ("admin",)),
}
ANYBODY = ("nobody", "watcher")  # who likes and follows very many
SINGLE = [*(f"/post/{post}/" for post in POSTS), *(f"/user/{name}/" for name in NAMES)]

Page = tuple[str, str, str]
PAGES: list[Page] = [
    page
    for address, paths in LISTS.items()
    for page in product(paths, READERS.get(address, ANYBODY), ("first", "far"))
]
PAGES += [
    page for paths in SINGLE_PAGES.values() for page in product(paths, ("nobody", "watcher"), ("first",))
]
PAGES += product(SINGLE, ANYBODY, ("only",))

# A page that grows without the index whose name begins like this; more columns may follow.
MISSED_BY: dict[str, Page] = {
    "ix_post_feed": ("/post/", "nobody", "first"),
    "ix_post_archive": ("/post/?author=loud", "nobody", "first"),
    "ix_post_user_id_id": ("/post/user/quiet/?include_replies=true", "nobody", "first"),
    "ix_post_replies": (f"/post/{QUIET_POST}/replies/", "nobody", "first"),
    "ix_like_user_id_id": ("/post/likes/loud/", "nobody", "far"),
    "ix_like_post_id_id": (f"/post/{LOUD_POST}/likes/", "nobody", "first"),
    "ix_social_follower_id_id": ("/user/loud/following/", "nobody", "first"),
    "ix_social_followed_id_id": ("/user/loud/followers/", "nobody", "first"),
    "ix_hiding_user_id_kind_id": ("/user/mute/", "admin", "first"),
    "ix_notification_user_id_id": ("/notification/", "told", "first"),
    "ix_notification_user_id_type_id": ("/notification/?type=follow", "told", "first"),
    "ix_notification_unread": ("/notification/?unread=true", "told", "first"),
    "ix_post_date": ("/post/?since=2025-01-01", "nobody", "first"),
    "ix_post_tag_tag_id_post_id_user_id": ("/post/tag/tag00001/", "nobody", "first"),
    "ix_tag_folded": ("/tag/?q=tag000", "nobody", "first"),
    "uq_tag_name": ("/post/tag/quiet/", "nobody", "first"),
    "uq_user_username": ("/user/quiet/", "nobody", "only"),
}


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[World]]:
    """A small world and a large one: the same lists, and more around them or in them."""
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        # So many uses are in the small world, too, and they are old.
        patch.setattr("pamps.queries.tag.LATEST_USES", 200)
        patch.setattr("pamps.queries.tag.TRENDING", timedelta(days=36_500))
        # The small world has several blocks of the search index, too.
        for module in ("pamps.queries.match", "pamps.services.search_index"):
            patch.setattr(f"{module}.BLOCK_BITS", (6, 9, 12, 15))
        yield [stack.enter_context(open_world(posts, tmp_path_factory.mktemp("world"))) for posts in SIZES]


@pytest.fixture
def worlds(both: list[World]) -> Iterator[list[World]]:
    """The same. What a test does to them is undone."""
    with ExitStack() as stack:
        for world in both:
            stack.enter_context(world.undone())
        yield both


def find_page(world: World, path: str, reader: str, page: str) -> str:
    """The address of the only page, of the first one, or of one far from it."""
    if page == "far":
        return find_far_page(world, path, "nobody" if reader in ANYBODY else reader)
    return with_parameters(path, limit=LIMIT) if page == "first" else path


@cache  # for who reads does not change it
def find_far_page(world: World, path: str, reader: str) -> str:
    """The address of the last page but one, as its neighbours link to it."""
    if path.endswith("/thread/"):  # which links forward only; here all replies are direct ones
        replies = find_far_page(world, path.replace("/thread/", "/replies/"), reader)
        return replies.replace("/replies/", "/thread/")
    following = URL(world.get(with_parameters(path, limit=LIMIT), reader).links["next"]["url"])
    forward, back, end = (
        ("before", "after", 1) if "before" in following.params else ("after", "before", MAX_ID)
    )
    last = world.get(with_parameters(path, limit=2 * LIMIT + 1, **{back: end}), reader)
    cursor = URL(last.links["prev"]["url"]).params[back]
    return with_parameters(path, limit=LIMIT, **{forward: int(cursor)})


def with_parameters(path: str, **parameters: int) -> str:
    return URL(path).copy_merge_params(parameters).raw_path.decode()


def measure(world: World, page: Page) -> tuple[int, int]:
    """How many rows a page has, and what it costs."""
    answer, cost = world.measure(find_page(world, *page), page[1])
    return count_rows(answer), cost


def count_rows(answer: Response) -> int:
    body: Any = answer.json()
    return len(body if isinstance(body, list) else body.get("replies", [body]))


def has_grown(rows: int, small: int, large: int) -> bool:
    return large > TARGET * small + PER_ROW * rows


@pytest.mark.once
def test_no_list_is_forgotten() -> None:
    assert find_lists("limit") - SHORT == LISTS.keys() | SINGLE_PAGES.keys()


@pytest.mark.parametrize("page", PAGES, ids=" ".join)
def test_a_page_costs_no_more_where_there_is_more(worlds: list[World], page: Page) -> None:
    (rows, small), (same_rows, large) = (measure(world, page) for world in worlds)

    assert rows == same_rows
    assert page[2] == "only" or rows == LIMIT
    assert not has_grown(rows, small, large)


# Without the one for logging in, those of constraints, which nobody loses, and those by which the database
# finds what goes with a row.
INDEXES = {str(index.name): index for name, *_ in Rows(1_000).tables() for index in TABLES[name].indexes}
OTHERS = {
    "uq_user_email",
    "uq_notification_actor_id_user_id_type_post_id",
    "ix_notification_post_id",
    "ix_hiding_hidden_id",
}
LIST_INDEXES = sorted(INDEXES.keys() - OTHERS)


@pytest.mark.parametrize("name", LIST_INDEXES)
def test_without_an_index_a_page_grows(worlds: list[World], name: str) -> None:
    small, large = worlds
    (page,) = (page for beginning, page in MISSED_BY.items() if name.startswith(beginning))

    large.connection.execute(DropIndex(INDEXES[name]))

    (rows, before), (_, after) = measure(small, page), measure(large, page)
    assert has_grown(rows, before, after)
