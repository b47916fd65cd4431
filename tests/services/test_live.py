"""Who listens in a process: bells, room, and the end."""

import asyncio
import signal
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection
from contextlib import ExitStack

import pytest

from pamps.errors import PampsError, Unavailable
from pamps.http.sse import event, greeting
from pamps.services.live import watcher
from pamps.services.live.hub import MOST_OF_ONE, Subscribers, Subscription, TooManyStreams, open_subscribers

pytestmark = pytest.mark.once
ANA, BIA = 1, 2
FOREVER = 3_600.0


def run(test: Callable[[Subscribers], Awaitable[None]]) -> None:
    """Run a test in the event loop of a hub, which is left in order."""

    async def within() -> None:
        async with open_subscribers() as hub:
            await asyncio.wait_for(test(hub), 30)

    asyncio.run(within())


@pytest.fixture(autouse=True)
def _no_watcher(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody rings but the test."""

    async def silent() -> AsyncGenerator[Collection[int] | None]:
        await asyncio.Event().wait()
        yield None

    monkeypatch.setattr(watcher, "_source", silent)


async def is_silent(bell: Subscription) -> bool:
    """Whether it has not rung."""
    waiting = asyncio.create_task(bell.wait(FOREVER))
    await asyncio.sleep(0)
    silent = not waiting.done()
    waiting.cancel()
    return silent


def test_a_ring_while_nobody_waits_is_not_lost() -> None:
    async def test(hub: Subscribers) -> None:
        with hub.listening(ANA) as bell:
            await bell.wait(FOREVER)  # rung from the beginning
            hub.ring([ANA])
            await bell.wait(FOREVER)
            assert await is_silent(bell)

    run(test)


def test_a_bell_rings_for_one_user_or_for_everybody() -> None:
    async def test(hub: Subscribers) -> None:
        with hub.listening(ANA) as of_ana, hub.listening(BIA) as of_bia:
            for bell in (of_ana, of_bia):
                await bell.wait(FOREVER)
            hub.ring({BIA, 3})
            assert await is_silent(of_ana)
            await of_bia.wait(FOREVER)
            hub.ring(None)
            for bell in (of_ana, of_bia):
                await bell.wait(FOREVER)

    run(test)


def test_who_has_left_is_forgotten() -> None:
    async def test(hub: Subscribers) -> None:
        with hub.listening(ANA), hub.listening(ANA), hub.listening(BIA):
            assert len(hub) == 3
        assert len(hub) == 0
        hub.ring([ANA, BIA])

    run(test)


def test_of_too_many_streams_of_somebody_the_oldest_ends() -> None:
    async def test(hub: Subscribers) -> None:
        with ExitStack() as stack:
            stranger = stack.enter_context(hub.listening(BIA))
            bells = [stack.enter_context(hub.listening(ANA)) for _ in range(MOST_OF_ONE + 2)]
            assert [bell.over for bell in bells] == [True] * 2 + [False] * MOST_OF_ONE
            assert not stranger.over

    run(test)


def test_there_is_room_for_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test(hub: Subscribers) -> None:
        hub.most = 1
        hub.require_room()
        with hub.listening(ANA), pytest.raises(TooManyStreams):
            hub.require_room()
        hub.require_room()

    run(test)


def test_after_the_end_everybody_is_let_go_and_nobody_let_in() -> None:
    async def test(hub: Subscribers) -> None:
        with hub.listening(ANA) as before:
            hub.stop()
            await before.wait(FOREVER)
            assert before.over
        with pytest.raises(Unavailable):
            hub.require_room()
        with hub.listening(ANA) as after:
            assert after.over

    run(test)


def test_a_failed_watcher_restarts_and_wakes_all_subscribers(monkeypatch: pytest.MonkeyPatch) -> None:
    tries = 0

    async def failing() -> AsyncGenerator[Collection[int] | None]:
        nonlocal tries
        tries += 1
        yield None
        raise OSError("no file to be had")

    async def test(hub: Subscribers) -> None:
        with hub.listening(ANA) as bell:
            for _ in range(4):
                await bell.wait(FOREVER)

    monkeypatch.setattr(watcher, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(watcher, "_source", failing)
    run(test)

    assert tries >= 3


def test_a_signal_is_told_in_the_loop_and_handled_as_before() -> None:
    handled: list[int] = []

    async def test(hub: Subscribers) -> None:
        with hub.listening(ANA) as bell:
            await bell.wait(FOREVER)
            signal.raise_signal(signal.SIGTERM)
            await bell.wait(FOREVER)
            assert bell.over

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
