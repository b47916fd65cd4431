"""The main job of Pamps on real input, checked to the letter: `python -m benchmarks.real_texts --url URL`.

Thousands of short texts in six languages are posted over HTTP by many people at once, who reply, like,
follow, change their minds and delete. Then everything is read back, every list to its end, and compared with
what a small model (`real_texts_model`) makes of the same story. The first difference is named, with exit
status 1.

Wants a running server with an empty database, and the Debian packages named in `real_texts_source`.
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

LIMITS = (7, 20, 100)  # for lists that are walked through several times
MAX_LIMIT = 100
MAX_PAGES = 40


class Comparison:
    """The server beside the model. What is not equal raises Difference, what is equal is counted."""

    def __init__(self, server: Server, expected: Expected, seed: int) -> None:
        self._server = server
        self._expected = expected
        self._seed = seed
        self._lock = threading.Lock()
        self.equal: Counter[str] = Counter()
        self.rows: Counter[str] = Counter()

    def compare_everything(self) -> None:
        """First what must not change anything, then all that can be read."""
        self._server.in_threads(self.compare_refusals, self._expected.deleted)
        for limit in LIMITS:
            self.compare_list("public feed", "/post/", self._expected.feed(), limit=limit)
            self.compare_list("all people", "/user/", self._expected.everybody(), limit=limit)
        self._server.in_threads(self.compare_post, self._expected.written)
        self._server.in_threads(self.compare_person, self._expected.people)

    def compare_refusals(self, post: Post) -> None:
        """Nobody can reply to a deleted post, like it or delete it, even if its place is left."""
        reply = {"text": "Too late", "parent_id": post.id}
        self._server.ask("POST", "/post/", 404, person=post.author, json=reply)
        self._server.ask("POST", f"/post/{post.id}/like/", 404, person=post.author)
        self._server.ask("DELETE", f"/post/{post.id}/", 404, person=post.author)
        self._count("deleted posts that nobody can touch")

    def compare_post(self, post: Post) -> None:
        """A post at its address with its replies and likes, or nothing where it is gone."""
        address = f"/post/{post.id}/"
        if post not in self._expected.there:
            self._server.ask("GET", address, 404)
            self._count("posts that are gone")
            return
        answer = self._server.ask("GET", address).json()
        replies, likers = self._expected.replies(post), self._expected.likers(post)
        expect(f"GET {address}", answer, self._expected.post(post))
        expect_rows(f"GET {address}, replies", answer["replies"], replies[:MAX_LIMIT])
        self._count("deleted posts with a place" if post.deleted else "posts at their address")
        if replies:
            self.compare_list("replies of a post", f"{address}replies/", replies)
        if likers:
            self.compare_list("likes of a post", f"{address}likes/", likers)

    def compare_person(self, person: Person) -> None:
        """One person with counts, and every list that is theirs."""
        expected, name = self._expected, person.name
        answer = self._server.ask("GET", f"/user/{name}/").json()
        expect(f"GET /user/{name}/", answer, expected.person(person))
        self._count("people with counts")
        self.compare_list("people as one sees them", "/user/", expected.everybody(person), person)
        self.compare_list("followers", f"/user/{name}/followers/", expected.followers(person))
        self.compare_list("following", f"/user/{name}/following/", expected.following(person))
        self.compare_list("likes of a person", f"/post/likes/{name}/", expected.liked(person))
        for replies in (False, True):
            kind = f"archives {'with' if replies else 'without'} replies"
            archive = expected.archive(person, include_replies=replies)
            self.compare_list(kind, f"/post/user/{name}/", archive, include_replies=replies)
            self.compare_timelines(person, include_replies=replies)

    def compare_timelines(self, person: Person, *, include_replies: bool) -> None:
        """What somebody reads at home, with and without what they wrote themselves."""
        for own in (False, True):
            options = {"include_replies": include_replies, "include_own": own}
            kind = f"timelines, replies {include_replies}, own {own}".lower()
            timeline = self._expected.timeline(person, **options)
            self.compare_list(kind, "/user/timeline/", timeline, person, **options)

    def compare_list(
        self, kind: str, address: str, expected: list[Row], person: Person | None = None, **options: Any
    ) -> None:
        """A list, walked through to its end; in pages of a random size if the options name no limit."""
        who = person.name if person else "nobody"
        options = {"limit": self._random_limit(len(expected), f"{kind} {address} {who}")} | options
        what = f"GET {address} {options} as {who}"
        pages: list[list[Row]] = []
        for page in self._server.walk(address, person, **options):
            pages.append(page)
            if not page or sum(map(len, pages)) > len(expected):
                break  # already wrong, if more was to come
        expect_rows(what, [row for page in pages for row in page], expected)
        sizes = page_sizes(len(expected), options["limit"])
        for number, (got, wanted) in enumerate(zip_longest(map(len, pages), sizes), start=1):
            expect(f"{what}, rows on page {number}", got, wanted)
        self._count(kind, len(expected))

    def _random_limit(self, rows: int, purpose: str) -> int:
        """Between one page and many, often such that the last one is full; always the same for a purpose."""
        dice = random.Random(f"{self._seed} {purpose}")
        return dice.randint(max(1, rows // MAX_PAGES), min(MAX_LIMIT, rows + 1))

    def _count(self, kind: str, rows: int = 0) -> None:
        with self._lock:
            self.equal[kind] += 1
            self.rows[kind] += rows


def page_sizes(rows: int, limit: int) -> list[int]:
    """Full pages, and what is left on the last one; of an empty list, one empty page."""
    return [min(limit, rows - start) for start in range(0, rows, limit)] or [0]


def report_texts(collections: list[Collection]) -> None:
    """What was chosen and what was left out."""
    print(f"{'texts':<12}{'chosen':>7}  by script; skipped of all that were read")
    for collection in collections:
        scripts, skipped = in_words(collection.scripts()), in_words(collection.skipped)
        print(f"{collection.language.name:<12}{len(collection.texts):>7}  {scripts}; {skipped}")


def report_story(diaries: list[Diary], expected: Expected) -> None:
    """What people did."""
    replies = sum(post.parent is not None for post in expected.written)
    places = sum(post.deleted for post in expected.there)
    whole = {post.parent for post in expected.written} & (set(expected.deleted) - set(expected.there))
    print(
        f"{len(diaries)} people in {THREADS} threads wrote {len(expected.written)} texts,"
        f" {replies} of them replies (at most {max(expected.replies_to.values(), default=0)} to one post);"
        f" deleted {len(expected.deleted)} of them ({places} kept their place,"
        f" {len(whole)} lost it with their last reply);"
        f" left {len(expected.likes)} likes and {len(expected.follows)} follows"
    )


def report_speed(what: str, requests: int, seconds: float) -> None:
    """How many requests, how fast."""
    print(f"{what}: {requests} requests in {seconds:.1f} s, {requests / seconds:.0f} a second")


def report_comparison(comparison: Comparison) -> None:
    """What was compared, and how much of it."""
    print(f"{'compared and equal':<44}{'count':>7}{'rows':>9}")
    for kind, count in sorted(comparison.equal.items()):
        print(f"  {kind:<42}{count:>7}{comparison.rows[kind] or '':>9}")


def in_words(counts: Counter[str]) -> str:
    """`12 this, 3 that`."""
    return ", ".join(f"{count} {name}" for name, count in counts.most_common()) or "none"


def require_empty(server: Server) -> None:
    """Leave the program if somebody has used the server."""
    if server.ask("GET", "/user/").json() or server.ask("GET", "/post/").json():
        sys.exit("The server has users or posts already: start it on an empty database.")


def tell_story(server: Server, users: int, texts: list[str], seed: int) -> list[Diary]:
    """Make the accounts and have everything written, with a report of the speed."""
    started, asked = time.perf_counter(), server.requests
    people = server.in_threads(lambda number: register(server, number), range(1, users + 1))
    report_speed("accounts", server.requests - asked, time.perf_counter() - started)
    started, asked = time.perf_counter(), server.requests
    diaries = write_all(server, people, texts, seed)
    report_speed("writing", server.requests - asked, time.perf_counter() - started)
    return diaries


def check(options: argparse.Namespace) -> None:
    """The whole program; raises Difference, MissingTexts or httpx2.TransportError."""
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
    print("No difference.")


def read_options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.real_texts", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--url", default="http://127.0.0.1:8000", help="the server (default: %(default)s)")
    parser.add_argument("--texts", type=int, default=6000, help="how many to post (default: %(default)s)")
    parser.add_argument("--users", type=int, default=50, help="how many people (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="other dice (default: %(default)s)")
    parser.add_argument(
        "--folder", type=Path, default=Path("/usr/share/games/fortunes"), help="where the texts are"
    )
    return parser.parse_args()


def main() -> None:
    """Exit with status 1 and one line if anything is not as it should be."""
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
