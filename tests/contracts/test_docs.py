"""The documentation is true: its commands are run, its tables compared with the code, its links followed.

What only repeats the code is written by scripts/documents.py, and is up to date.
"""

import os
import re
import shlex
import shutil
import sys
import tomllib
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pytest
from annotated_types import Ge, Le
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from pamps.config import load_settings
from pamps.config.schema import Rate, Settings
from scripts import documents
from tests.support.console import Outcome, Step, explain_difference, read_steps, run_steps
from tests.support.server import REPOSITORY, running_server

DOCUMENTED_ADDRESS = "http://127.0.0.1:8000"
DOCUMENTS = sorted(
    file
    for pattern in ("*.md", "docs/**/*.md", "benchmarks/**/*.md", ".github/**/*.md")
    for file in REPOSITORY.glob(pattern)
)
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
CODE = re.compile(r"^```.*?^```$|`[^`\n]*`", re.DOTALL | re.MULTILINE)


def read(name: str) -> str:
    return (REPOSITORY / name).read_text(encoding="utf-8")


def table_rows(name: str, heading: str) -> list[list[str]]:
    """The cells, without backticks, of the tables under a second-level heading."""
    under = read(name).split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return [
        [cell.strip().strip("`") for cell in line.strip("|").split(" | ")]
        for line in under.splitlines()
        if line.startswith("| `")
    ]


# The commands of the documents


# The README uses the default database, and the commands of docs/settings.md fail before using a database.
@pytest.mark.parametrize(
    "name",
    [
        pytest.param("README.md", marks=pytest.mark.once),
        "docs/api.md",
        pytest.param("docs/settings.md", marks=pytest.mark.once),
    ],
)
@pytest.mark.skipif(
    not (shutil.which("bash") and shutil.which("curl")), reason="the documented commands need bash and curl"
)
def test_documented_commands_print_what_is_documented(name: str, database_uri: str, tmp_path: Path) -> None:
    steps = read_steps(read(name))
    environment = make_environment(database_uri, tmp_path)

    with running_server(database_uri, tmp_path) as server:
        for step in steps:
            step.command = step.command.replace(DOCUMENTED_ADDRESS, server.url)
        outcomes = run_steps(steps, REPOSITORY, environment)

    assert steps
    for outcome in outcomes:
        outcome.printed = [line.replace(server.url, DOCUMENTED_ADDRESS) for line in outcome.printed]
    differences = [text for pair in zip(steps, outcomes, strict=True) if (text := explain_difference(*pair))]
    assert not differences, "\n\n".join(differences)


def make_environment(uri: str, folder: Path) -> dict[str, str]:
    """A reader's environment: `pamps` and `python3` on the path, and a terminal of 80 columns.

    Excludes variables that would change the output, such as proxies or colour settings.
    """
    programs = folder / "bin"
    programs.mkdir()
    for name, arguments in (("pamps", "-m pamps"), ("python3", "")):
        program = programs / name
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" {arguments} "$@"\n')
        program.chmod(0o700)
    return {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "PYTHONPATH": str(REPOSITORY),
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "COLUMNS": "80",
        "PAMPS_ENV": "testing",
        "PAMPS_DB__uri": uri,
    }


def test_no_other_document_has_commands_to_run() -> None:
    found = [
        str(file.relative_to(REPOSITORY))
        for file in DOCUMENTS
        if "```console" in file.read_text(encoding="utf-8")
    ]

    assert found == ["README.md", "docs/api.md", "docs/settings.md"]


@pytest.mark.parametrize(
    ("printed", "status", "fine"),
    [
        (["one 1", "two"], 0, True),
        (["one 1", "two"], 1, True),
        (["one 1", "other"], 0, False),
        (["one 1"], 0, False),
        (["one 1", "two", "three"], 0, False),
    ],
)
def test_wrong_documentation_is_noticed(printed: list[str], status: int, fine: bool) -> None:
    (step,) = read_steps("Text.\n```console\n$ a \\\n  b\none ...\ntwo\n```\n")

    difference = explain_difference(step, Outcome(printed, status))

    assert step.command == "a \\\n  b"
    assert (difference is None) is fine


def test_a_silent_failure_is_noticed() -> None:
    assert explain_difference(Step("false"), Outcome([], 1)) is not None


# docs/settings.md

SECTIONS: dict[str, type[BaseModel]] = {
    name: annotation
    for name, field in Settings.model_fields.items()
    if isinstance(annotation := field.annotation, type) and issubclass(annotation, BaseModel)
}


def documented_settings() -> list[list[str]]:
    """Name, default, bounds, meaning, example."""
    return table_rows("docs/settings.md", "Every setting")


def defaults_of(environment: str) -> dict[str, Any]:
    """The settings of one environment in pamps/default.toml, by full name."""
    sections = tomllib.loads(read("pamps/default.toml")).get(environment, {})
    return {
        f"{section}.{name}": value for section, names in sections.items() for name, value in names.items()
    }


def describe_bounds(field: FieldInfo) -> str:
    """The bounds of a setting as worded in docs/settings.md."""
    kind = field.annotation
    if get_origin(kind) is tuple:
        entry = get_args(kind)[0]
        return f"a list of {' and '.join(get_args(entry))}" if get_origin(entry) is Literal else "a list"
    if get_origin(kind) is Literal:
        *others, last = get_args(kind)
        return f"{', '.join(others)} or {last}"
    if kind is int:
        return describe_range(field)
    if kind is bool:
        return "true or false"
    return "a rate" if tuple(field.metadata) == get_args(Rate)[1:] else "text"


def describe_range(field: FieldInfo) -> str:
    least = next(bound.ge for bound in field.metadata if isinstance(bound, Ge))
    most = next((bound.le for bound in field.metadata if isinstance(bound, Le)), None)
    return f"{least} or more" if most is None else f"{least} to {most}"


def test_every_setting_is_documented_with_its_default() -> None:
    documented = {name: tomllib.loads(f"x = {default}")["x"] for name, default, *_ in documented_settings()}

    assert documented == defaults_of("default")


def test_every_setting_is_documented_with_its_bounds() -> None:
    documented = {name: bounds for name, _, bounds, *_ in documented_settings()}
    described = {
        f"{section}.{field.alias or name}": describe_bounds(field)
        for section, model in SECTIONS.items()
        for name, field in model.model_fields.items()
    }

    assert documented.keys() == described.keys()
    # More may follow after a comma, such as the unit.
    wrong = {n: words for n, words in documented.items() if not f"{words},".startswith(f"{described[n]},")}
    assert wrong == {}


def test_every_default_of_one_environment_is_documented() -> None:
    documented = {
        (environment, name): tomllib.loads(f"x = {default}")["x"]
        for name, environment, default in table_rows("docs/settings.md", "Environments")
    }

    assert documented == {
        (environment, name): value
        for environment in ("development", "testing", "production")
        for name, value in defaults_of(environment).items()
    }


def test_every_example_of_a_setting_is_accepted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("PAMPS_DB__uri")
    monkeypatch.setenv("PAMPS_ENV", "development")  # where most defaults apply
    untouched = load_settings(tmp_path)
    for name, *_, example in documented_settings():
        variable, _, value = shlex.split(example)[0].partition("=")
        section, _, key = name.partition(".")
        with monkeypatch.context() as context:
            context.setenv(variable, value)
            changed = load_settings(tmp_path)

        assert variable == f"PAMPS_{section.upper()}__{key}"
        assert getattr(getattr(changed, section), key) != getattr(getattr(untouched, section), key)


# What is generated


@pytest.mark.once
def test_no_generated_section_is_stale() -> None:
    assert documents.find_stale() == [], "run scripts/documents.py"


@pytest.mark.once
def test_every_guarantee_is_held_by_a_test() -> None:
    under = read("docs/security.md").split("\n## Guarantees\n")[1].split("\n## ")[0]
    numbers = [int(number) for number in re.findall(r"^(\d+)\. ", under, re.MULTILINE)]

    assert numbers == list(range(1, len(numbers) + 1))
    assert sorted(documents.find_security_tests()) == numbers


# All documents


def anchors_of(file: Path) -> set[str]:
    """The anchors of a document's headings, as GitHub generates them."""
    headings = HEADING.findall(file.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def is_broken(file: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = (file.parent / path).resolve() if path else file
    if not target.exists():
        return True
    return bool(anchor) and anchor not in anchors_of(target)


@pytest.mark.parametrize("file", DOCUMENTS, ids=lambda file: str(file.relative_to(REPOSITORY)))
def test_every_relative_link_leads_somewhere(file: Path) -> None:
    prose = CODE.sub("", file.read_text(encoding="utf-8"))
    links = [link for link in LINK.findall(prose) if not link.startswith(("http://", "https://", "mailto:"))]

    assert [link for link in links if is_broken(file, link)] == []


@pytest.mark.parametrize(
    "file", sorted((REPOSITORY / "docs/adr").glob("[0-9]*.md")), ids=lambda file: file.name
)
def test_every_decision_has_its_four_parts(file: Path) -> None:
    parts = re.findall(r"^## (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)

    assert parts == ["Context", "Decision", "Consequences", "Alternatives"]
