"""Architecture rules: the shape of routes, of lists and of patterns. Imports: see `lint-imports`."""

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
from sqlmodel import SQLModel

from pamps import models
from pamps.auth import SAFE_METHODS
from pamps.http.route import Route
from pamps.http.slots import hashing_slots, writer_slots
from pamps.models.types import RequestModel
from pamps.routes import ROUTERS
from pamps.text import entities, search_query
from pamps.text import tokenizer as words
from tests.support.server import REPOSITORY

pytestmark = pytest.mark.once

PACKAGE = REPOSITORY / "pamps"

ROUTES = [route for router in ROUTERS for route in router.routes if isinstance(route, Route)]


def test_commands_start_without_the_web_framework() -> None:
    """Importing it takes a quarter as long as all other imports together."""
    folders = [PACKAGE / layer for layer in ("cli", "services", "queries", "models", "demo")]
    names = [
        ".".join(path.relative_to(REPOSITORY).with_suffix("").parts)
        for folder in folders
        for path in folder.glob("*.py")
    ]
    script = f"import sys, {', '.join(names)}, pamps.db.migrate; sys.exit('fastapi' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", script], cwd=REPOSITORY, check=False).returncode == 0


def test_http_exceptions_are_raised_around_routes_alone() -> None:
    raising = [
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        if "raise HTTPException" in path.read_text(encoding="utf-8")
    ]

    assert sorted(raising) == [
        "http/middleware/body_limit.py",
        "http/route.py",
        "http/router.py",
        "http/strict.py",
    ]


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{min(route.methods)} {route.path}")
def test_every_route_is_a_plain_function_with_a_docstring(route: Route) -> None:
    assert not inspect.iscoroutinefunction(route.endpoint)
    assert route.endpoint.__doc__


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{min(route.methods)} {route.path}")
def test_every_list_is_bounded(route: Route) -> None:
    is_list = str(route.response_model).startswith("list[")

    assert is_list <= bool({"page", "limit"} & inspect.signature(route.endpoint).parameters.keys())


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{min(route.methods)} {route.path}")
def test_every_route_that_writes_waits_for_a_slot(route: Route) -> None:
    waits = bool({writer_slots, hashing_slots} & set(route.plan.slots))

    assert waits is not SAFE_METHODS.issuperset(route.methods or ())


@pytest.mark.security(11)
def test_request_bodies_refuse_unknown_keys_and_are_never_tables() -> None:
    bodies = [route.body_field.field_info.annotation for route in ROUTES if route.body_field]

    assert len(bodies) >= 7
    for annotation in bodies:
        # An optional body is a union with None.
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
    """The regular expressions in a file: arguments of `re`, and patterns for Pydantic."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("re."):
            yield ast.literal_eval(node.args[0])
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]).endswith("PATTERN"):
            yield ast.literal_eval(node.value)


def repeats_a_repetition(parsed: Any, *, repeated: bool = False) -> bool:
    """Whether unbounded repetitions are nested, as in `(a+)+`: some inputs take exponential time."""
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
    """The patterns for the `regex` library, reduced."""
    return {
        reduced(pattern.pattern): module.__name__
        for module in (entities, search_query, words)
        for pattern in vars(module).values()
        if isinstance(pattern, regex.Pattern)
    }


def reduced(pattern: str) -> str:
    """A pattern with a letter in place of each character class, of which the parser of `re` knows only
    some."""
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


@pytest.mark.security(16)
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
