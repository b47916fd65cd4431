"""End-to-end check of Pamps with real texts: `python -m benchmarks.real_texts --url URL`.

Many concurrent users post thousands of short texts in six languages over HTTP, reply, like, follow, unlike,
unfollow and delete. Then everything is read back, every list to its end, and compared with the results of a
simple model (`real_texts_model`). The first difference is reported, with exit status 1.

Requires a running server with an empty database, and the Debian packages named in `real_texts_source`.
"""

import argparse
import random
import sys
import threading
import time
from collections import Counter
from itertools import zip_longest
from pathlib import Path
from typing import Any

import httpx2

from benchmarks.real_texts_model import Diary, Expected, Person, Post, Row
from benchmarks.real_texts_server import THREADS, Difference, Server, expect, expect_rows
from benchmarks.real_texts_source import Collection, MissingTexts, choose_texts
from benchmarks.real_texts_writers import register, write_all

LIMITS = (7, 20, 100)  # for lists that are read several times
MAX_LIMIT = 100
MAX_PAGES = 40


class Comparison:
    """Compares the server with the model. Differences raise Difference, equal results are counted."""

    def __init__(self, server: Server, expected: Expected, seed: int) -> None:
        self._server = server
        self._expected = expected
        self._seed = seed
        self._lock = threading.Lock()
        self.equal: Counter[str] = Counter()
        self.rows: Counter[str] = Counter()

    def compare_everything(self) -> None:
        """Check that refused requests change nothing, then compare everything that can be read."""
        self._server.in_threads(self.compare_refusals, self._expected.deleted)
        for limit in LIMITS:
            self.compare_list("public feed", "/post/", self._expected.feed(), limit=limit)
            self.compare_list("all users", "/user/", self._expected.everybody(), limit=limit)
        self._server.in_threads(self.compare_post, self._expected.written)
        self._server.in_threads(self.compare_person, self._expected.people)

    def compare_refusals(self, post: Post) -> None:
        """A deleted post cannot be replied to, liked or deleted again, even if it left a tombstone."""
        reply = {"text": "Too late", "parent_id": post.id}
        self._server.ask("POST", "/post/", 404, person=post.author, json=reply)
        self._server.ask("POST", f"/post/{post.id}/like/", 404, person=post.author)
        self._server.ask("DELETE", f"/post/{post.id}/", 404, person=post.author)
        self._count("deleted posts that refuse changes")

    def compare_post(self, post: Post) -> None:
        """A post with its replies and likes, or a 404 if it was deleted without a tombstone."""
        address = f"/post/{post.id}/"
        if post not in self._expected.there:
            self._server.ask("GET", address, 404)
            self._count("deleted posts without a tombstone")
            return
        answer = self._server.ask("GET", address).json()
        replies, likers = self._expected.replies(post), self._expected.likers(post)
        expect(f"GET {address}", answer, self._expected.post(post))
        expect_rows(f"GET {address}, replies", answer["replies"], replies[:MAX_LIMIT])
        self._count("tombstones" if post.deleted else "posts")
        if replies:
            self.compare_list("replies of a post", f"{address}replies/", replies)
        if likers:
            self.compare_list("likes of a post", f"{address}likes/", likers)

    def compare_person(self, person: Person) -> None:
        """A user with counts, and all of their lists."""
        expected, name = self._expected, person.name
        answer = self._server.ask("GET", f"/user/{name}/").json()
        expect(f"GET /user/{name}/", answer, expected.person(person))
        self._count("users with counts")
        self.compare_list("users as seen by a user", "/user/", expected.everybody(person), person)
        self.compare_list("followers", f"/user/{name}/followers/", expected.followers(person))
        self.compare_list("following", f"/user/{name}/following/", expected.following(person))
        self.compare_list("likes of a user", f"/post/likes/{name}/", expected.liked(person))
        for replies in (False, True):
            kind = f"posts by user {'with' if replies else 'without'} replies"
            archive = expected.archive(person, include_replies=replies)
            self.compare_list(kind, f"/post/user/{name}/", archive, include_replies=replies)
            self.compare_timelines(person, include_replies=replies)

    def compare_timelines(self, person: Person, *, include_replies: bool) -> None:
        """The home timeline of a user, with and without their own posts."""
        for own in (False, True):
            options = {"include_replies": include_replies, "include_own": own}
            kind = f"timelines, replies {include_replies}, own {own}".lower()
            timeline = self._expected.timeline(person, **options)
            self.compare_list(kind, "/user/timeline/", timeline, person, **options)

    def compare_list(
        self, kind: str, address: str, expected: list[Row], person: Person | None = None, **options: Any
    ) -> None:
        """A list, read to its end, in pages of a random size unless the options contain a limit."""
        who = person.name if person else "nobody"
        options = {"limit": self._random_limit(len(expected), f"{kind} {address} {who}")} | options
        what = f"GET {address} {options} as {who}"
        pages: list[list[Row]] = []
        for page in self._server.walk(address, person, **options):
            pages.append(page)
            if not page or sum(map(len, pages)) > len(expected):
                break  # already wrong if more pages follow
        expect_rows(what, [row for page in pages for row in page], expected)
        sizes = page_sizes(len(expected), options["limit"])
        for number, (got, wanted) in enumerate(zip_longest(map(len, pages), sizes), start=1):
            expect(f"{what}, rows on page {number}", got, wanted)
        self._count(kind, len(expected))

    def _random_limit(self, rows: int, purpose: str) -> int:
        """A limit that gives one or more pages, often with a full last one; deterministic per purpose."""
        dice = random.Random(f"{self._seed} {purpose}")
        return dice.randint(max(1, rows // MAX_PAGES), min(MAX_LIMIT, rows + 1))

    def _count(self, kind: str, rows: int = 0) -> None:
        with self._lock:
            self.equal[kind] += 1
            self.rows[kind] += rows


def page_sizes(rows: int, limit: int) -> list[int]:
    """The sizes of all pages of a list; an empty list has one empty page."""
    return [min(limit, rows - start) for start in range(0, rows, limit)] or [0]


def report_texts(collections: list[Collection]) -> None:
    """Print how many texts were chosen and skipped."""
    print(f"{'texts':<12}{'chosen':>7}  by script; skipped")
    for collection in collections:
        scripts, skipped = in_words(collection.scripts()), in_words(collection.skipped)
        print(f"{collection.language.name:<12}{len(collection.texts):>7}  {scripts}; {skipped}")


def report_story(diaries: list[Diary], expected: Expected) -> None:
    """Print what the users did."""
    replies = sum(post.parent is not None for post in expected.written)
    places = sum(post.deleted for post in expected.there)
    whole = {post.parent for post in expected.written} & (set(expected.deleted) - set(expected.there))
    print(
        f"{len(diaries)} users in {THREADS} threads wrote {len(expected.written)} texts,"
        f" {replies} of them replies (at most {max(expected.replies_to.values(), default=0)} to one post);"
        f" deleted {len(expected.deleted)} of them ({places} left a tombstone,"
        f" {len(whole)} lost it with their last reply);"
        f" left {len(expected.likes)} likes and {len(expected.follows)} follows"
    )


def report_speed(what: str, requests: int, seconds: float) -> None:
    """Print the number of requests and their rate."""
    print(f"{what}: {requests} requests in {seconds:.1f} s, {requests / seconds:.0f} per second")


def report_comparison(comparison: Comparison) -> None:
    """Print what was compared, and how much of it."""
    print(f"{'compared and equal':<44}{'count':>7}{'rows':>9}")
    for kind, count in sorted(comparison.equal.items()):
        print(f"  {kind:<42}{count:>7}{comparison.rows[kind] or '':>9}")


def in_words(counts: Counter[str]) -> str:
    """`12 this, 3 that`."""
    return ", ".join(f"{count} {name}" for name, count in counts.most_common()) or "none"


def require_empty(server: Server) -> None:
    """Exit if the server has users or posts."""
    if server.ask("GET", "/user/").json() or server.ask("GET", "/post/").json():
        sys.exit("The server already has users or posts: start it with an empty database.")


def tell_story(server: Server, users: int, texts: list[str], seed: int) -> list[Diary]:
    """Register the users and run all writers; prints the speed."""
    started, asked = time.perf_counter(), server.requests
    people = server.in_threads(lambda number: register(server, number), range(1, users + 1))
    report_speed("accounts", server.requests - asked, time.perf_counter() - started)
    started, asked = time.perf_counter(), server.requests
    diaries = write_all(server, people, texts, seed)
    report_speed("writing", server.requests - asked, time.perf_counter() - started)
    return diaries


def check(options: argparse.Namespace) -> None:
    """Run the whole check; raises Difference, MissingTexts or httpx2.TransportError."""
    collections = choose_texts(options.folder, options.texts, options.seed)
    report_texts(collections)
    server = Server(options.url)
    require_empty(server)
    texts = [text for collection in collections for text in collection.texts]
    random.Random(options.seed).shuffle(texts)
    diaries = tell_story(server, options.users, texts, options.seed)
    expected = Expected(diaries)
    report_story(diaries, expected)
    comparison = Comparison(server, expected, options.seed)
    started, asked = time.perf_counter(), server.requests
    comparison.compare_everything()
    report_speed("reading", server.requests - asked, time.perf_counter() - started)
    report_comparison(comparison)
    print("No differences.")


def read_options() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.real_texts", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--url", default="http://127.0.0.1:8000", help="the server (default: %(default)s)")
    parser.add_argument("--texts", type=int, default=6000, help="number of texts (default: %(default)s)")
    parser.add_argument("--users", type=int, default=50, help="number of users (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="random seed (default: %(default)s)")
    parser.add_argument(
        "--folder", type=Path, default=Path("/usr/share/games/fortunes"), help="where the texts are"
    )
    return parser.parse_args()


def main() -> None:
    """Exit with status 1 and a one-line message if there is a difference or an error."""
    options = read_options()
    try:
        check(options)
    except Difference as difference:
        sys.exit(f"DIFFERENCE: {difference}")
    except MissingTexts as error:
        sys.exit(str(error))
    except httpx2.TransportError as error:
        sys.exit(f"No answer from {options.url}: {error}")


if __name__ == "__main__":
    main()
