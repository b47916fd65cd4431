"""Subscribers of a process: waking them, room for them, and their end."""

import asyncio
import signal
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection
from contextlib import ExitStack

import pytest

from pamps.errors import PampsError, Unavailable
from pamps.http.sse import event, greeting
from pamps.services.live import watcher
from pamps.services.live.subscribers import (
    MAX_PER_USER,
    Subscribers,
    Subscription,
    TooManyStreams,
    open_subscribers,
)

pytestmark = pytest.mark.once
ANA, BIA = 1, 2
FOREVER = 3_600.0


def run(test: Callable[[Subscribers], Awaitable[None]]) -> None:
    """Run a test in the event loop of subscribers, which is left in order."""

    async def within() -> None:
        async with open_subscribers() as subscribers:
            await asyncio.wait_for(test(subscribers), 30)

    asyncio.run(within())


@pytest.fixture(autouse=True)
def _no_watcher(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing wakes them but the test."""

    async def silent() -> AsyncGenerator[Collection[int] | None]:
        await asyncio.Event().wait()
        yield None

    monkeypatch.setattr(watcher, "_source", silent)


async def is_silent(subscription: Subscription) -> bool:
    """Whether it has not been woken."""
    waiting = asyncio.create_task(subscription.wait(FOREVER))
    await asyncio.sleep(0)
    silent = not waiting.done()
    waiting.cancel()
    return silent


def test_waking_while_nobody_waits_is_not_lost() -> None:
    async def test(subscribers: Subscribers) -> None:
        with subscribers.listening(ANA) as subscription:
            await subscription.wait(FOREVER)  # awake from the beginning
            subscribers.wake([ANA])
            await subscription.wait(FOREVER)
            assert await is_silent(subscription)

    run(test)


def test_one_user_is_woken_or_everybody() -> None:
    async def test(subscribers: Subscribers) -> None:
        with subscribers.listening(ANA) as of_ana, subscribers.listening(BIA) as of_bia:
            for subscription in (of_ana, of_bia):
                await subscription.wait(FOREVER)
            subscribers.wake({BIA, 3})
            assert await is_silent(of_ana)
            await of_bia.wait(FOREVER)
            subscribers.wake(None)
            for subscription in (of_ana, of_bia):
                await subscription.wait(FOREVER)

    run(test)


def test_subscriptions_that_ended_are_forgotten() -> None:
    async def test(subscribers: Subscribers) -> None:
        with subscribers.listening(ANA), subscribers.listening(ANA), subscribers.listening(BIA):
            assert len(subscribers) == 3
        assert len(subscribers) == 0
        subscribers.wake([ANA, BIA])

    run(test)


def test_of_too_many_streams_of_somebody_the_oldest_ends() -> None:
    async def test(subscribers: Subscribers) -> None:
        with ExitStack() as stack:
            stranger = stack.enter_context(subscribers.listening(BIA))
            subscriptions = [stack.enter_context(subscribers.listening(ANA)) for _ in range(MAX_PER_USER + 2)]
            assert [one.over for one in subscriptions] == [True] * 2 + [False] * MAX_PER_USER
            assert not stranger.over

    run(test)


def test_there_is_room_for_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test(subscribers: Subscribers) -> None:
        subscribers.limit = 1
        subscribers.require_room()
        with subscribers.listening(ANA), pytest.raises(TooManyStreams):
            subscribers.require_room()
        subscribers.require_room()

    run(test)


def test_after_the_end_everybody_is_let_go_and_nobody_let_in() -> None:
    async def test(subscribers: Subscribers) -> None:
        with subscribers.listening(ANA) as before:
            subscribers.stop()
            await before.wait(FOREVER)
            assert before.over
        with pytest.raises(Unavailable):
            subscribers.require_room()
        with subscribers.listening(ANA) as after:
            assert after.over

    run(test)


def test_a_watcher_that_fails_starts_again_and_wakes_everybody(monkeypatch: pytest.MonkeyPatch) -> None:
    tries = 0

    async def failing() -> AsyncGenerator[Collection[int] | None]:
        nonlocal tries
        tries += 1
        yield None
        raise OSError("no file to be had")

    async def test(subscribers: Subscribers) -> None:
        with subscribers.listening(ANA) as subscription:
            for _ in range(4):
                await subscription.wait(FOREVER)

    monkeypatch.setattr(watcher, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(watcher, "_source", failing)
    run(test)

    assert tries >= 3


def test_a_signal_is_told_in_the_loop_and_handled_as_before() -> None:
    handled: list[int] = []

    async def test(subscribers: Subscribers) -> None:
        with subscribers.listening(ANA) as subscription:
            await subscription.wait(FOREVER)
            signal.raise_signal(signal.SIGTERM)
            await subscription.wait(FOREVER)
            assert subscription.over

    before = signal.signal(signal.SIGTERM, lambda number, _: handled.append(number))
    try:
        run(test)
        signal.raise_signal(signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)

    assert handled == [signal.SIGTERM] * 2


def test_an_event_is_what_the_standard_wants() -> None:
    assert event(7, b'{"id":7}') == b'id: 7\nevent: notification\ndata: {"id":7}\n\n'
    comment, retry, position, *rest = greeting(3).split(b"\n")
    assert (comment, position, rest) == (b":", b"id: 3", [b"", b""])
    assert retry.startswith(b"retry: ")


def test_the_refusal_is_a_503_with_a_time_to_come_back() -> None:
    refusal: PampsError = TooManyStreams()

    assert (refusal.status, refusal.headers) == (503, {"Retry-After": "30"})
