"""The queue in front of what is scarce."""

import asyncio

import pytest

from pamps.errors import Unavailable
from pamps.http.slots import Slots, holding

pytestmark = pytest.mark.once


def make_slots(limit: int, timeout: float) -> Slots:
    return Slots(lambda: limit, lambda: timeout)


def test_slots_are_limited_and_granted_in_order() -> None:
    slots, within, entered, most = make_slots(2, timeout=60), 0, list[int](), 0

    async def visit(number: int) -> None:
        nonlocal within, most
        async with holding([slots]):
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


@pytest.mark.security(24)
def test_a_wait_beyond_the_timeout_is_a_503_and_loses_no_slot() -> None:
    slots = make_slots(1, timeout=0.01)

    async def wait_behind() -> None:
        async with holding([slots]):
            with pytest.raises(Unavailable) as refusal:
                async with holding([slots]):
                    raise AssertionError("two at once")
            assert refusal.value.headers == {"Retry-After": "1"}
        async with holding([slots]):
            pass

    asyncio.run(wait_behind())


def test_a_place_is_given_back_after_an_error() -> None:
    slots = make_slots(1, timeout=0.01)

    async def fail_and_come_again() -> None:
        with pytest.raises(ZeroDivisionError):
            async with holding([slots]):
                raise ZeroDivisionError
        async with holding([slots]):
            pass

    asyncio.run(fail_and_come_again())
