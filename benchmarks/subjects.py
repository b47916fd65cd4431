"""Users and posts of the demo to measure with, found over HTTP."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx2

from benchmarks.server import Server
from benchmarks.wrk import LoadFailed

WANTED_FOLLOWED = 200
WANTED_REPLIES = 20
MIN_POSTS = 2  # by the reader, so that there is one besides the measured post
MAX_PAGES = 300  # of 100 rows each
WRITERS = 16


@dataclass(frozen=True)
class Subjects:
    """A reader who posts and follows about 200 users, a post with about 20 replies, and users who write."""

    reader: str
    followed: int
    post: int
    replies: int
    writers: list[str]


def find_subjects(server: Server) -> Subjects:
    """Find the subjects, which are the same in every copy of a demo."""
    with server.client() as client:
        people = list(walk(client, "/user/?limit=100"))
        authors = [person for person in people if person["posts"] >= MIN_POSTS]
        reader = min(authors, key=lambda person: (abs(person["following"] - WANTED_FOLLOWED), person["id"]))
        post = find_post(client)
        replies = len(get(client, f"/post/{post}/").json()["replies"])
    writers = [person["username"] for person in people[:: max(1, len(people) // WRITERS)]][:WRITERS]
    return Subjects(reader["username"], reader["following"], post, replies, writers)


def find_post(client: httpx2.Client) -> int:
    """The newest post with exactly WANTED_REPLIES, or else the one that comes closest."""
    best, difference = 0, WANTED_REPLIES + 1
    for post in walk(client, "/post/?limit=100"):
        here = abs(post["replies_count"] - WANTED_REPLIES)
        # The tombstones of deleted replies are shown, but not counted.
        if not here and len(get(client, f"/post/{post['id']}/").json()["replies"]) != WANTED_REPLIES:
            here = 1
        if here < difference:
            best, difference = post["id"], here
        if not difference:
            break
    return int(best)


def walk(client: httpx2.Client, path: str) -> Iterator[dict[str, Any]]:
    """The rows of all pages of a list."""
    for _ in range(MAX_PAGES):
        answer = get(client, path)
        yield from rows_of(answer)
        if "next" not in answer.links:
            return
        path = str(answer.links["next"]["url"])


def rows_of(answer: httpx2.Response) -> list[dict[str, Any]]:
    """The rows of a page; those of a thread are its replies."""
    page = answer.json()
    rows: list[dict[str, Any]] = page if isinstance(page, list) else page["replies"]
    return rows


def get(client: httpx2.Client, path: str) -> httpx2.Response:
    """The response. Raises LoadFailed unless its status is 200."""
    answer = client.get(path)
    if answer.status_code != 200:
        raise LoadFailed(f"GET {path} answered {answer.status_code}: {answer.text}")
    return answer
