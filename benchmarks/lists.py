"""The lists of the API, and the URLs of their first page and of a far page in each database."""

from dataclasses import dataclass
from itertools import islice
from typing import Any

import httpx2

from benchmarks.heavy import ADMIN, COMMON_TAG, COMMON_WORD, HOME, PASSWORD, RARE_WORD, SLEEPY
from benchmarks.plan import Plan
from benchmarks.server import Server
from benchmarks.subjects import get, rows_of, walk
from benchmarks.wrk import LoadFailed

DEFAULT_LIMIT = 20
MAX_LIMIT = 100


@dataclass(frozen=True)
class Listing:
    """A list: its path in the API documentation, a description, the path to request, and the user."""

    address: str
    about: str
    path: str
    reader: str = HOME

    def title(self, names: dict[str, str]) -> str:
        """Its title in the table."""
        return f"`GET {self.address}`{self.about.format_map(names)}"


ARCHIVE = "/post/user/{username}/"
TIMELINE = "/user/timeline/"
SEARCH = "/search/"
LISTS = (
    Listing("/post/", "", "/post/"),
    Listing("/post/", " of one author", f"/post/?author={HOME}"),
    Listing("/post/", " with a common tag", f"/post/?tag={COMMON_TAG}"),
    Listing("/post/", " with a common word", f"/post/?q={COMMON_WORD}"),
    Listing("/post/tag/{tag}/", ", a common one", f"/post/tag/{COMMON_TAG}/"),
    Listing(SEARCH, ", a common word by date", f"/search/?q={COMMON_WORD}&sort=-date"),
    Listing(SEARCH, ", a rare word by date", f"/search/?q={RARE_WORD}&sort=-date"),
    Listing(SEARCH, ", a common word by rank", f"/search/?q={COMMON_WORD}"),
    Listing(SEARCH, ", a rare word by rank", f"/search/?q={RARE_WORD}"),
    Listing("/tag/", ", those that begin alike", f"/tag/?q={COMMON_TAG[:1]}"),
    Listing(ARCHIVE, "", f"/post/user/{HOME}/"),
    Listing(ARCHIVE, " with replies", f"/post/user/{HOME}/?include_replies=true"),
    Listing("/post/{post_id}/replies/", "", "/post/{thread}/replies/"),
    Listing("/post/{post_id}/thread/", "", "/post/{thread}/thread/"),
    Listing("/post/{post_id}/likes/", "", "/post/{liked}/likes/"),
    Listing("/post/likes/{username}/", "", f"/post/likes/{HOME}/"),
    Listing("/user/", "", "/user/"),
    Listing("/user/{username}/followers/", "", "/user/{famous}/followers/"),
    Listing("/user/{username}/following/", "", f"/user/{HOME}/following/"),
    Listing(TIMELINE, ", {followed} followed", TIMELINE),
    Listing(TIMELINE, ", {dormant} dormant", TIMELINE, SLEEPY),
    Listing("/admin/user/", "", "/admin/user/", ADMIN),
)
# Short lists: their length does not depend on the size of the database.
SHORT = {"/session/", "/access_token/", "/admin/invite/", "/admin/audit/"}
# Empty in a demo, so not measured here; tests/queries/test_growth.py counts the pages that they touch.
ELSEWHERE = {"/user/mute/", "/user/block/", "/notification/", "/tag/trending/"}


@dataclass(frozen=True)
class Place:
    """A page of a list in one database, with the token of its reader."""

    title: str
    page: int
    rows: int
    path: str
    token: str


def find_unknown_lists(server: Server) -> list[str]:
    """The lists in the OpenAPI document that are not named here."""
    with server.client() as client:
        paths = get(client, "/openapi.json").json()["paths"]
    lists = {
        path
        for path, methods in paths.items()
        if any(parameter["name"] == "limit" for parameter in methods.get("get", {}).get("parameters", []))
    }
    return sorted(lists - {listing.address for listing in LISTS} - SHORT - ELSEWHERE)


def find_places(servers: dict[int, Server], plan: Plan) -> dict[int, list[Place]]:
    """The same pages in every database, by number of posts.

    The page size of the far page is the largest with which the smallest database has that page. If that is
    less than one row, the list has no far page.
    """
    finders = {size: PostSearch(server, plan) for size, server in servers.items()}
    smallest = finders[min(finders)]
    places: dict[int, list[Place]] = {size: [] for size in servers}
    for listing in LISTS:
        rows = smallest.count_rows(listing, DEFAULT_LIMIT * plan.far_page)
        far = min(DEFAULT_LIMIT, rows // plan.far_page)
        for size, finder in finders.items():
            places[size].append(finder.find(listing, 1, max(1, min(rows, DEFAULT_LIMIT))))
            if far:
                places[size].append(finder.find(listing, plan.far_page, far))
    return places


class PostSearch:
    """Finds pages in one database."""

    def __init__(self, server: Server, plan: Plan) -> None:
        self._clients = {}
        self._tokens = {}
        for name in (HOME, SLEEPY, ADMIN):
            self._tokens[name] = server.log_in(name, PASSWORD)
            self._clients[name] = server.client(self._tokens[name])
        with server.client() as client:
            self._names = {
                "thread": str(get(client, f"/post/user/{HOME}/?limit=1").json()[0]["id"]),
                "liked": str(most(client, "/post/", "likes")["id"]),
                "famous": str(most(client, "/user/", "followers")["username"]),
                "followed": f"{plan.followed:,}",
                "dormant": f"{plan.dormant:,}",
            }

    def count_rows(self, listing: Listing, enough: int) -> int:
        """The number of rows of a list, counted up to `enough`."""
        client, count = self._clients[listing.reader], 0
        for _ in walk(client, self._path(listing, MAX_LIMIT)):
            count += 1
            if count >= enough:
                break
        return count

    def find(self, listing: Listing, page: int, rows: int) -> Place:
        """Page number `page` of a list, with this many rows per page; raises LoadFailed if it has fewer."""
        client = self._clients[listing.reader]
        path, left = self._path(listing, rows), (page - 1) * rows
        while left:
            step = min(left, MAX_LIMIT)
            following = get(client, with_limit(path, step)).links["next"]["url"]
            path, left = str(following), left - step
        path = with_limit(path, rows)
        found = len(rows_of(get(client, path)))
        if found != rows:
            raise LoadFailed(f"GET {path} returned {found} rows; expected {rows}")
        return Place(listing.title(self._names), page, rows, path, self._tokens[listing.reader])

    def _path(self, listing: Listing, limit: int) -> str:
        return with_limit(listing.path.format_map(self._names), limit)


def most(client: httpx2.Client, path: str, field: str) -> dict[str, Any]:
    """The row with the highest value of a field, in a list or in the beginning of a very long one."""
    return max(islice(walk(client, with_limit(path, MAX_LIMIT)), 10_000), key=lambda row: int(row[field]))


def with_limit(path: str, limit: int) -> str:
    """The path with this number of rows per page."""
    return httpx2.URL(path).copy_set_param("limit", limit).raw_path.decode()
