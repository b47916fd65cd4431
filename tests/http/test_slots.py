"""The queue in front of what is scarce."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from pamps.errors import Unavailable
from pamps.http.slots import Turn

pytestmark = pytest.mark.once


@asynccontextmanager
async def inside(turn: Turn) -> AsyncIterator[None]:
    leave = await turn.enter()
    try:
        yield
    finally:
        leave()


def test_slots_are_limited_and_granted_in_order() -> None:
    turn, within, entered, most = Turn(2, patience=60), 0, list[int](), 0

    async def visit(number: int) -> None:
        nonlocal within, most
        async with inside(turn):
            entered.append(number)
            within += 1
            most = max(most, within)
            for _ in range(3):
                await asyncio.sleep(0)
            within -= 1

    async def crowd() -> None:
        await asyncio.gather(*(visit(number) for number in range(10)))

    asyncio.run(crowd())

    assert entered == list(range(10))
    assert most == 2


def test_a_wait_beyond_the_timeout_is_a_503_and_loses_no_slot() -> None:
    turn = Turn(1, patience=0.01)

    async def wait_behind() -> None:
        async with inside(turn):
            with pytest.raises(Unavailable) as refusal:
                async with inside(turn):
                    raise AssertionError("two at once")
            assert refusal.value.headers == {"Retry-After": "1"}
        async with inside(turn):
            pass

    asyncio.run(wait_behind())


def test_a_place_is_given_back_after_an_error() -> None:
    turn = Turn(1, patience=0.01)

    async def fail_and_come_again() -> None:
        with pytest.raises(ZeroDivisionError):
            async with inside(turn):
                raise ZeroDivisionError
        async with inside(turn):
            pass

    asyncio.run(fail_and_come_again())
