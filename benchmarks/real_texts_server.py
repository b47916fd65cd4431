"""A client of the API, for `real_texts`."""

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any, TypeVar

import httpx2

from benchmarks.real_texts_model import Person, Row

Item = TypeVar("Item")
Result = TypeVar("Result")

THREADS = 16


class Difference(Exception):
    """The server did not behave as expected; the message says where, and what was expected."""


class Server:
    """A running server, used by several threads at once."""

    def __init__(self, url: str) -> None:
        self._client = httpx2.Client(base_url=url, timeout=60)
        self._lock = threading.Lock()
        self._stopped = False
        self.requests = 0

    def ask(
        self, method: str, address: str, *statuses: int, person: Person | None = None, **options: Any
    ) -> httpx2.Response:
        """The response; raises Difference unless it has one of these statuses (default: 200)."""
        if self._stopped:
            raise RuntimeError("Another thread found an error.")
        headers = {"Authorization": f"Bearer {person.token}"} if person else {}
        answer = self._client.request(method, address, headers=headers, **options)
        with self._lock:
            self.requests += 1
        if answer.status_code not in (statuses or (200,)):
            wanted = " or ".join(map(str, statuses)) or "200"
            got = f"{answer.status_code} {answer.text}"
            raise Difference(f"{method} {address}: expected status {wanted}, got {got}")
        return answer

    def walk(self, address: str, person: Person | None = None, **options: Any) -> Iterator[list[Row]]:
        """The pages of a list, by following the `rel="next"` links."""
        answer = self.ask("GET", address, person=person, params=options)
        yield answer.json()
        while "next" in answer.links:
            answer = self.ask("GET", answer.links["next"]["url"], person=person)
            yield answer.json()

    def in_threads(self, work: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
        """Call `work` for every item, several at once. The first error stops everything and is raised."""
        with ThreadPoolExecutor(THREADS) as pool:
            jobs = [pool.submit(work, item) for item in items]
            try:
                for job in as_completed(jobs):
                    job.result()
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                self._stopped = True  # running workers stop at their next request
                raise
        return [job.result() for job in jobs]


def expect(what: str, got: Any, expected: Any) -> None:
    """Raise Difference unless both are equal. In a row, only the expected fields are compared."""
    if isinstance(expected, dict) and isinstance(got, dict):
        for field, value in expected.items():
            expect(f"{what}, {field}", got.get(field, "nothing"), value)
    elif isinstance(expected, str) and isinstance(got, str):
        expect_text(what, got, expected)
    elif type(got) is not type(expected) or got != expected:  # in Python, 1 == True
        raise Difference(f"{what}: expected {expected!a}, got {got!a}")


def expect_text(what: str, got: str, expected: str) -> None:
    """Raise Difference unless both texts have the same code points; shows where they differ."""
    if got != expected:
        pairs = enumerate(zip(got, expected, strict=False))
        start = next((at for at, (one, other) in pairs if one != other), min(len(got), len(expected)))
        part = slice(start, start + 20)
        parted = f"from character {start + 1} on"
        raise Difference(f"{what}, {parted}: expected {expected[part]!a}, got {got[part]!a}")


def expect_rows(what: str, got: list[Row], expected: list[Row]) -> None:
    """Raise Difference unless the rows are equal and in the same order."""
    for number, (row, wanted) in enumerate(zip(got, expected, strict=False), start=1):
        expect(f"{what}, row {number}", row, wanted)
    expect(f"{what}, number of rows", len(got), len(expected))
