"""Ids and limits that are none."""

from itertools import product
from typing import Any

import pytest

from tests.bad_input.conftest import Case, Snapshot
from tests.bad_input.operations import LISTS, OPERATIONS, WITH_JSON, Operation, World
from tests.routes import refusal, wrong_fields

BEYOND = [str(2**63), str(10**30), "9" * 5000, "0", "-1", "-" + "9" * 30]
ODD = [
    *BEYOND,
    *(
        "1_000",
        "1.0",
        "1e3",
        "0x1",
        "+1",
        " 5",
        "5 ",
        "5\n",
        "\t5",
        "٣",
        "５",
        "³",
        "Ⅷ",
        "1,000",
        "one",
        "true",
    ),
    *("null", "NaN", "Infinity", "1;2", "1 OR 1=1", "1'--", "%", "*", "[1]", "5\0", "\u200b5", "\ud835"),
]
NOBODYS = [2**31, 2**32 + 1, 2**63 - 1]
ODD_IN_JSON: list[Any] = [0, -1, 2**63, 10**30, 1.0, 1.5, "1", " 5", "1_000", "", True, False, [1], {"id": 1}]

WITH_ID = [
    pytest.param(operation, name, id=f"{operation} {name}")
    for operation in OPERATIONS
    for name, kind in operation.in_path.items()
    if kind == "integer"
]
BODY_IDS = [
    pytest.param(operation, name, id=f"{operation} {name}")
    for operation in WITH_JSON
    for name, kind in operation.in_body.items()
    if kind == "integer" and name.endswith("_id")
]
each_list = pytest.mark.parametrize("operation", LISTS, ids=str)


@pytest.mark.security(15)
@pytest.mark.parametrize(("operation", "name"), WITH_ID)
def test_what_is_no_id_is_refused_in_the_path(
    world: World, case: Case, operation: Operation, name: str, snapshot: Snapshot
) -> None:
    before = snapshot()
    for odd in ODD:
        with case(odd):
            answer = world.send(operation, path={name: odd})

            assert wrong_fields(answer) == [f"path.{name}"]
            assert snapshot() == before


@pytest.mark.security(15)
@pytest.mark.parametrize(("operation", "name"), WITH_ID)
def test_an_id_of_nothing_is_not_there(world: World, case: Case, operation: Operation, name: str) -> None:
    for number in NOBODYS:
        with case(number):
            answer = world.send(operation, path={name: str(number)})

            assert refusal(answer)[0] == 404


@pytest.mark.security(15)
@pytest.mark.parametrize(("operation", "name"), BODY_IDS)
def test_what_is_no_id_is_refused_in_the_body(
    world: World, case: Case, operation: Operation, name: str, snapshot: Snapshot
) -> None:
    before = snapshot()
    for odd in ODD_IN_JSON:
        with case(repr(odd)):
            answer = world.send(operation, body=world.good_body(operation) | {name: odd})

            assert wrong_fields(answer) == [f"body.{name}"]
            assert snapshot() == before


@pytest.mark.parametrize(("operation", "name"), BODY_IDS)
def test_an_id_of_nothing_is_not_there_for_a_body(
    world: World, case: Case, operation: Operation, name: str
) -> None:
    for number in NOBODYS:
        with case(number):
            answer = world.send(operation, body=world.good_body(operation) | {name: number})

            assert refusal(answer)[0] == 404


@each_list
def test_what_is_no_number_is_no_limit_and_no_cursor(world: World, case: Case, operation: Operation) -> None:
    for odd in ["", *ODD]:
        with case(odd):
            named = sorted({"limit", "before", "after"} & operation.in_query.keys())
            answer = world.send(operation, query=dict.fromkeys(named, odd))

            assert sorted(wrong_fields(answer)) == [f"query.{name}" for name in named]


@pytest.mark.security(15)
@each_list
def test_a_limit_is_1_to_100(world: World, case: Case, operation: Operation) -> None:
    for limit in ("0", "101", str(10**9)):
        with case(limit):
            assert wrong_fields(world.send(operation, query={"limit": limit})) == ["query.limit"]
    for limit in ("1", "100"):
        with case(limit):
            assert world.send(operation, query={"limit": limit}).status_code == 200


@pytest.mark.security(15)
@each_list
def test_an_id_from_elsewhere_is_a_cursor(world: World, case: Case, operation: Operation) -> None:
    everything = world.send(operation).json()
    for name, number in product(
        ("before", "after"), [*NOBODYS, 1, world.good["post_id"], world.good["user_id"]]
    ):
        with case(f"{name} {number}"):
            answer = world.send(operation, query={name: str(number)})

            assert answer.status_code == 200
            assert all(row in everything for row in answer.json())
