"""The memory of a worker from its start, while it answers all kinds of reads."""

import time
from dataclasses import dataclass
from pathlib import Path
from random import Random

from benchmarks.databases import Recipe
from benchmarks.plan import Plan
from benchmarks.progress import say
from benchmarks.server import Server, running_server
from benchmarks.subjects import Subjects, find_subjects
from benchmarks.wrk import CONNECTIONS, Request

LIMIT = 150.0  # megabytes
FLAT = 1.05  # times the memory after warm-up
SETTLED = 0.2  # the share of the requests that is warm-up
SAMPLES = 25


@dataclass(frozen=True)
class Memory:
    """Megabytes by number of requests, starting at 0; `wanted` is the planned number of requests."""

    samples: list[tuple[int, float]]
    wanted: int

    @property
    def start(self) -> float:
        """Megabytes before the first request."""
        return self.samples[0][1]

    @property
    def end(self) -> float:
        """Megabytes after the last request."""
        return self.samples[-1][1]

    @property
    def requests(self) -> int:
        """The number of requests."""
        return self.samples[-1][0]

    @property
    def peak(self) -> float:
        """The highest measured value in megabytes."""
        return max(megabytes for _, megabytes in self.samples)

    @property
    def growth(self) -> float:
        """The memory at the end divided by that after warm-up."""
        settled = SETTLED * self.requests
        return self.end / next(megabytes for requests, megabytes in self.samples if requests >= settled)

    @property
    def enough(self) -> bool:
        """Whether there were as many requests as planned."""
        return self.requests >= self.wanted


def measure_memory(uri: str, recipe: Recipe, plan: Plan, folder: Path) -> Memory:
    """Measure until the planned number of requests or the time limit is reached."""
    with running_server(uri, folder / "memory") as server:
        samples = [(0, server.memory)]
        requests = choose_reads(server, find_subjects(server), recipe)
        deadline, done, seconds = time.monotonic() + plan.memory_seconds, 0, 2
        while done < plan.memory_requests and time.monotonic() < deadline:
            sample = server.load(requests, seconds=seconds, connections=CONNECTIONS)
            done += sample.requests
            samples.append((done, server.memory))
            say(f"Memory: {server.memory:.0f} MB after {done:,} of {plan.memory_requests:,} requests")
            seconds = max(2, round(plan.memory_requests / SAMPLES / sample.rate))
    return Memory(samples, plan.memory_requests)


def choose_reads(server: Server, subjects: Subjects, recipe: Recipe) -> list[Request]:
    """A thousand different reads of all kinds, so that a repeated one is not always still cached."""
    dice = Random(1)
    tokens = [server.log_in(name) for name in (subjects.reader, *subjects.writers[:3])]
    requests = []
    for _ in range(250):
        token, before = dice.choice(tokens), dice.randint(recipe.posts // 2, recipe.posts)
        name = dice.choice(subjects.writers)
        about = dice.choice((f"/user/{name}/", f"/post/user/{name}/", f"/user/{name}/followers/"))
        requests += [
            Request("GET", f"/post/{dice.randint(1, recipe.posts)}/"),
            Request("GET", f"/post/?before={before}"),
            Request("GET", f"/user/timeline/?before={before}", token),
            Request("GET", about, token),
        ]
    return requests
