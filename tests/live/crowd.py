"""Many clients at once: `python -m tests.live.crowd URL [CLIENTS]` against a server that runs."""

import asyncio
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass, field

import httpx2

CLIENTS = 200
REQUESTS_EACH = 5
TIMEOUT_SECONDS = 30


@dataclass
class Report:
    """What came back: how often each status, and the slowest answer in seconds."""

    statuses: Counter[int | str] = field(default_factory=Counter)
    slowest: float = 0.0
    seconds: float = 0.0


async def send_crowd(url: str, tokens: list[str], clients: int = CLIENTS) -> Report:
    """`clients` at once, each with a connection of its own and REQUESTS_EACH mixed requests in a row."""
    report = Report()
    started = time.monotonic()
    everybody = (_one_client(url, tokens[number % len(tokens)], number, report) for number in range(clients))
    await asyncio.gather(*everybody)
    report.seconds = time.monotonic() - started
    return report


async def _one_client(url: str, token: str, number: int, report: Report) -> None:
    dice = random.Random(number)
    headers = {"Authorization": f"Bearer {token}"}
    # verify: no TLS here, and loading the certificates of the world 200 times is most of the work.
    async with httpx2.AsyncClient(
        base_url=url, headers=headers, timeout=TIMEOUT_SECONDS, verify=False
    ) as client:
        for _ in range(REQUESTS_EACH):
            started = time.monotonic()
            try:
                outcome: int | str = (await _any_request(client, dice)).status_code
            except httpx2.HTTPError as error:
                outcome = type(error).__name__
            report.statuses[outcome] += 1
            report.slowest = max(report.slowest, time.monotonic() - started)


async def _any_request(client: httpx2.AsyncClient, dice: random.Random) -> httpx2.Response:
    """Half reads, half writes, all of them about the same few posts and people."""
    post, user = dice.randint(1, 5), dice.randint(1, 5)
    match dice.randrange(8):
        case 0:
            return await client.get("/post/")
        case 1:
            return await client.get("/user/timeline/")
        case 2:
            return await client.get(f"/post/{post}/")
        case 3:
            return await client.get("/user/me/")
        case 4:
            return await client.post("/post/", json={"text": "One of many."})
        case 5:
            return await client.post("/post/", json={"text": "A reply.", "parent_id": post})
        case 6:
            return await client.post(f"/post/{post}/like/")
        case _:
            return await client.post(f"/user/follow/{user}/")


def prepare(url: str) -> list[str]:
    """Five people with a post each, as the requests expect; returns their access tokens."""
    tokens = []
    with httpx2.Client(base_url=url, timeout=TIMEOUT_SECONDS) as client:
        for number in range(5):
            name, password = f"crowd{number}", "a long password"
            account = {"email": f"{name}@example.com", "username": name, "password": password}
            client.post("/user/", json=account)
            answer = client.post("/token", data={"username": name, "password": password}).json()
            tokens.append(str(answer["access_token"]))
            client.post("/post/", json={"text": "Hello."}, headers={"Authorization": f"Bearer {tokens[-1]}"})
    return tokens


def main() -> None:
    """Send a crowd to the server named on the command line and print what came back."""
    url, clients = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else CLIENTS
    report = asyncio.run(send_crowd(url, prepare(url), clients))
    answers = ", ".join(f"{count} x {status}" for status, count in sorted(report.statuses.items(), key=str))
    sys.stdout.write(
        f"{clients} clients, {report.statuses.total()} requests in {report.seconds:.2f} s: {answers};"
        f" slowest {report.slowest:.2f} s\n"
    )


if __name__ == "__main__":
    main()
