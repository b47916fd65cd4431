"""The rules of the house, checked: what every route, every list and every pattern looks like."""

import ast
import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from re._constants import MAXREPEAT  # type: ignore[import-not-found]
from re._parser import SubPattern, parse  # type: ignore[import-not-found]
from types import NoneType
from typing import Any, get_args

import pytest
import regex
from fastapi.routing import APIRoute
from sqlmodel import SQLModel

from pamps import models
from pamps.auth import HashingTurn
from pamps.http.dependencies import SAFE_METHODS, WriteTurn
from pamps.models.types import RequestModel
from pamps.routes import ROUTERS
from pamps.text import entities, search_query
from pamps.text import tokenizer as words
from tests.support.server import REPOSITORY

pytestmark = pytest.mark.once

PACKAGE = REPOSITORY / "pamps"

ROUTES = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]


def test_commands_start_without_the_web_framework() -> None:
    """It takes a quarter of the time that everything else takes to import."""
    folders = [PACKAGE / layer for layer in ("cli", "services", "queries", "models", "demo")]
    names = [
        ".".join(path.relative_to(REPOSITORY).with_suffix("").parts)
        for folder in folders
        for path in folder.glob("*.py")
    ]
    script = f"import sys, {', '.join(names)}, pamps.db.migrate; sys.exit('fastapi' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", script], cwd=REPOSITORY, check=False).returncode == 0


def test_http_exceptions_are_raised_by_the_middleware_alone() -> None:
    raising = [
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        if "raise HTTPException" in path.read_text(encoding="utf-8")
    ]

    assert raising == ["http/middleware/envelope.py"]


# A stream would hold a thread as long as it lasts. What it asks the database it asks in threads.
ENDLESS = {"/notification/stream/"}


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{min(route.methods)} {route.path}")
def test_every_route_is_a_plain_function_with_a_docstring(route: APIRoute) -> None:
    waits = inspect.iscoroutinefunction(inspect.unwrap(route.endpoint))
    assert waits is (route.path in ENDLESS)
    assert route.endpoint.__doc__


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{min(route.methods)} {route.path}")
def test_every_list_is_bounded(route: APIRoute) -> None:
    if str(route.response_model).startswith("list["):
        assert {"page", "limit"} & inspect.signature(route.endpoint).parameters.keys()


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{min(route.methods)} {route.path}")
def test_every_route_that_writes_waits_for_its_turn_outside_the_database(route: APIRoute) -> None:
    takes_turn = WriteTurn in route.dependencies or HashingTurn in route.dependencies

    assert takes_turn is not SAFE_METHODS.issuperset(route.methods or ())


def test_request_bodies_refuse_unknown_keys_and_are_never_tables() -> None:
    bodies = [route.body_field.field_info.annotation for route in ROUTES if route.body_field]

    assert len(bodies) >= 7
    for annotation in bodies:
        # A body that may be left out is a union with None.
        (body,) = set(get_args(annotation) or (annotation,)) - {NoneType}
        assert isinstance(body, type)
        assert issubclass(body, RequestModel)
        assert body.model_config["extra"] == "forbid"


def test_ids_are_never_given_twice_on_sqlite() -> None:
    tables = [table for table in SQLModel.metadata.tables.values() if "id" in table.columns]
    assert {table.name for table in SQLModel.metadata.tables.values()} - {t.name for t in tables} == {
        "post_tag"
    }
    for table in tables:
        assert table.dialect_options["sqlite"]["autoincrement"] is True, table.name


def test_every_table_is_exported() -> None:
    tables = {mapper.class_.__name__ for mapper in SQLModel._sa_registry.mappers}

    assert tables | {"Social"} == set(models.__all__)


def patterns_of(path: Path) -> Iterator[str]:
    """The regular expressions in a file: what goes into `re`, and what is given to Pydantic as a pattern."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("re."):
            yield ast.literal_eval(node.args[0])
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]).endswith("PATTERN"):
            yield ast.literal_eval(node.value)


def repeats_a_repetition(parsed: Any, *, repeated: bool = False) -> bool:
    """Whether an unbounded repetition is inside of another, as in `(a+)+`: some text takes it for ever."""
    for operator, argument in parsed:
        is_open = str(operator) in ("MAX_REPEAT", "MIN_REPEAT") and argument[1] is MAXREPEAT
        if is_open and repeated:
            return True
        for inner in argument if isinstance(argument, tuple | list) else ():
            branches = inner if isinstance(inner, list) else [inner]
            if any(
                isinstance(branch, SubPattern) and repeats_a_repetition(branch, repeated=repeated or is_open)
                for branch in branches
            ):
                return True
    return False


def patterns_of_scripts() -> dict[str, str]:
    """The patterns of the library `regex`, reduced."""
    return {
        reduced(pattern.pattern): module.__name__
        for module in (entities, search_query, words)
        for pattern in vars(module).values()
        if isinstance(pattern, regex.Pattern)
    }


def reduced(pattern: str) -> str:
    """A pattern with one letter for each class of characters, of which the parser of `re` knows only some."""
    depth, kept = 0, []
    for part in re.findall(r"\\[pP]\{[^}]*\}|\\.|.", pattern.replace("(?V1)", "")):
        depth += (part == "[") - (part == "]")
        if depth == 0:
            kept.append("x" if part == "]" or part[:2] in ("\\p", "\\P", "\\X") else part)
    return "".join(kept)


def test_no_pattern_of_many_scripts_repeats_a_repetition() -> None:
    patterns = patterns_of_scripts()

    assert len(patterns) >= 10
    assert repeats_a_repetition(parse(reduced(r"(?V1)([\p{L}--[a]]+\p{M}*)*")))
    for pattern, where in patterns.items():
        assert not repeats_a_repetition(parse(pattern)), (where, pattern)


def test_no_pattern_repeats_a_repetition() -> None:
    patterns = {
        pattern: (re.DOTALL, path.name) for path in PACKAGE.rglob("*.py") for pattern in patterns_of(path)
    }

    assert len(patterns) >= 2
    for bad in ("(a+)+", "(a|b*)*", "((a{2,})b)+"):
        assert repeats_a_repetition(parse(bad))
    for pattern, where in patterns.items():
        text = pattern.decode() if isinstance(pattern, bytes) else pattern
        assert not repeats_a_repetition(parse(text)), where
