"""Extreme accounts for measuring growth, which no demo has: they follow many users, or only dormant ones.

Everything is created over HTTP, except the past: the oldest posts of the demo are assigned to the dormant
accounts in the database.
"""

import hashlib
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import count, cycle, islice
from pathlib import Path
from random import Random
from typing import Any

import httpx2

from benchmarks.databases import Extras, Recipe, run_pamps
from benchmarks.plan import Plan
from benchmarks.postgres import Postgres
from benchmarks.progress import say
from benchmarks.server import Server, running_server
from benchmarks.wrk import LoadFailed
from pamps.demo.texts import Writer

THREADS = 4
PASSWORD = "correct horse"  # noqa: S105 - of fictitious users
HOME = "bench_home"  # follows many users, and has long lists of everything else
SLEEPY = "bench_sleepy"  # follows only dormant accounts
ADMIN = "bench_admin"  # a superuser
DORMANT = "bench_dormant"  # the prefix of their names
POSTS_OF_DORMANT = 6
AWAKE = 25  # users whom HOME follows, who reply to HOME and post last
LONGEST_TEXT = 500
COMMON_TAG, COMMON_WORD = "music", "the"  # in many texts of a demo
# Only one post by each of the first dormant accounts has this word: as many posts in every database.
RARE_WORD, RARE_POSTS = "seldom", 25


def heavy_extras(postgres: Postgres, recipe: Recipe, plan: Plan, folder: Path) -> Extras:
    """The additions to a demo that measuring growth requires."""
    sizes = (plan.followed, plan.dormant, plan.rows)
    key = hashlib.sha256(Path(__file__).read_bytes()).hexdigest() + repr(sizes)

    def build(database: str) -> None:
        uri = postgres.uri(database)
        # Cheap hashes, because creating these accounts is not measured.
        with running_server(uri, folder / database, workers=2, PAMPS_SECURITY__bcrypt_rounds="4") as server:
            Builder(server, postgres, database, plan).build(recipe)
        run_pamps(uri, folder, "promote", ADMIN)

    return Extras("heavy", key, build)


class Builder:
    """Creates the accounts and their data, with many concurrent requests."""

    def __init__(self, server: Server, postgres: Postgres, database: str, plan: Plan) -> None:
        self._server = server
        self._postgres = postgres
        self._database = database
        self._plan = plan

    def build(self, recipe: Recipe) -> None:
        """Create everything."""
        plan = self._plan
        names = [f"{DORMANT}_{number}" for number in range(plan.dormant)]
        dormant = self._in_threads(self._register, names)
        self._give_past(dormant)
        self._in_threads(self._say_rarely, names[:RARE_POSTS])
        self._register(ADMIN)
        self._register(SLEEPY)
        self._register(HOME)
        everybody = spread(recipe.users, plan.followed)
        say(f"{SLEEPY} follows {len(dormant)}, {HOME} follows {len(everybody)}")
        self._follow(SLEEPY, dormant)
        self._follow(HOME, everybody)
        say(f"{HOME} writes {plan.rows} posts, gets {plan.rows} replies, and likes {plan.rows} posts")
        # As on any day, threads and the newest posts are by several users.
        with ExitStack() as stack:
            clients = self._sign_in(everybody[:: len(everybody) // AWAKE])
            awake = [stack.enter_context(client) for client in clients]
            self._write(plan.rows, awake)
            self._like(spread(recipe.posts, plan.rows))
            self._in_threads(lambda client: write(client, "I am still here."), awake)

    def _register(self, name: str) -> int:
        """Create an account; returns its id."""
        account = {"username": name, "email": f"{name}@example.com", "password": PASSWORD}
        with self._server.client() as client:
            return int(send(client, "POST", "/user/", 201, json=account).json()["id"])

    def _give_past(self, dormant: list[int]) -> None:
        """Make the dormant accounts the authors of the oldest posts."""
        self._postgres.fetch(
            "UPDATE post SET user_id = (%s)[1 + id %% %s] WHERE id <= %s AND user_id IS NOT NULL",
            dormant,
            len(dormant),
            len(dormant) * POSTS_OF_DORMANT,
            database=self._database,
        )
        count = 'SELECT count(*) FROM post WHERE user_id = "user".id AND NOT deleted'
        self._postgres.fetch(f'UPDATE "user" SET posts = ({count})', database=self._database)  # noqa: S608

    def _say_rarely(self, name: str) -> None:
        """Edit a post of the user to contain the rare word."""
        with self._signed_in(name) as client:
            (post,) = send(client, "GET", f"/post/user/{name}/?limit=1", 200).json()
            send(client, "PATCH", f"/post/{post['id']}/", 200, json={"text": f"It is {RARE_WORD} said."})

    def _follow(self, name: str, followed: list[int]) -> None:
        with self._signed_in(name) as client:
            self._in_threads(lambda one: send(client, "POST", f"/user/follow/{one}/", 201), followed)

    def _write(self, number: int, repliers: list[httpx2.Client]) -> None:
        """Top-level posts by HOME, interleaved with as many replies to the first one. Common words and tags
        are as frequent, and texts as long, as in the rest of the demo: shorter ones would be scattered over
        the free space of old database pages."""
        texts = map(Writer(Random(1), LONGEST_TEXT).write, count())
        with self._signed_in(HOME) as home:
            first = write(home, next(texts))

            def take_turn(turn: tuple[httpx2.Client, str, str]) -> None:
                replier, text, reply = turn
                write(home, text)
                write(replier, reply, parent_id=first)

            self._in_threads(take_turn, zip(islice(cycle(repliers), number), texts, texts, strict=False))

    def _sign_in(self, people: list[int]) -> list[httpx2.Client]:
        names = 'SELECT username FROM "user" WHERE id = ANY(%s)'
        found = self._postgres.fetch(names, people, database=self._database)
        return [self._server.client(self._server.log_in(name)) for (name,) in found]

    def _like(self, posts: list[int]) -> None:
        """Like these posts, skipping deleted ones."""
        with self._signed_in(HOME) as client:
            self._in_threads(lambda post: send(client, "POST", f"/post/{post}/like/", 201, 404), posts)

    def _signed_in(self, name: str) -> httpx2.Client:
        return self._server.client(self._server.log_in(name, PASSWORD))

    def _in_threads(self, work: Callable[[Any], Any], items: Iterable[Any]) -> list[Any]:
        with ThreadPoolExecutor(THREADS) as pool:
            return list(pool.map(work, items))


def spread(number: int, wanted: int) -> list[int]:
    """`wanted` ids from 1 to `number`, evenly spaced; all if there are fewer."""
    wanted = min(number, wanted)
    return [1 + position * number // wanted for position in range(wanted)]


def write(client: httpx2.Client, text: str, **parent: int) -> int:
    """Post a text; returns the id of the post."""
    return int(send(client, "POST", "/post/", 201, json={"text": text} | parent).json()["id"])


def send(client: httpx2.Client, method: str, path: str, *statuses: int, **options: Any) -> httpx2.Response:
    """The response; raises LoadFailed unless it has one of these statuses."""
    answer = client.request(method, path, **options)
    if answer.status_code not in statuses:
        raise LoadFailed(f"{method} {path} answered {answer.status_code}: {answer.text}")
    return answer
