#!/usr/bin/env python
"""Rewrite the sections of the documents that are generated from the code.

    .venv/bin/python scripts/documents.py             rewrite them
    .venv/bin/python scripts/documents.py --check     list the stale documents; exit status 1 if there are any

A section is between `<!-- generated: name -->` and `<!-- end: name -->`. Each has a function here.
"""

import ast
import os
import re
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parent.parent
# Parameters of every list, which are documented once and not for each endpoint.
PAGING = {"limit", "before", "after"}
METHODS = ["get", "post", "put", "patch", "delete"]  # in the order in which a path lists them
# Errors without a class, because they are sent directly: code, status, meaning.
WITHOUT_CLASS = [
    ("unknown_host", "400", "The server does not answer to the name in `Host`."),
    ("invalid_input", "422", "Some of the input is invalid; `errors` says which fields and why."),
    ("http_error", "other", "Any other status with which the web framework refuses a request."),
]


def docstring(file: Path) -> str:
    """The first paragraph of a module's docstring, on one line; empty if there is none."""
    text = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    return " ".join(text.split("\n\n")[0].split())


def table(*header: str, rows: Iterable[Iterable[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |" for line in lines)


# docs/architecture.md


def list_modules() -> str:
    """Every package with its modules; the docstring of `__init__.py` describes the package."""
    parts = []
    for init in sorted((REPOSITORY / "pamps").rglob("__init__.py"), key=lambda file: file.parent):
        package = init.parent
        name = package.relative_to(REPOSITORY).as_posix()
        modules = sorted(file for file in package.glob("*.py") if file != init)
        rows = ([f"[`{file.name}`](../{name}/{file.name})", docstring(file)] for file in modules)
        parts += [f"### `{name}`", docstring(init)]
        if modules:
            parts.append(table("module", "purpose", rows=rows))
    return "\n\n".join(parts)


# docs/security.md


def find_security_tests() -> dict[int, dict[str, list[str]]]:
    """The tests marked `@pytest.mark.security(...)`: names by file, by the number of the guarantee."""
    found: dict[int, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for file in sorted((REPOSITORY / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                for number in marked_guarantees(node):
                    found[number][file.relative_to(REPOSITORY).as_posix()].append(node.name)
    return found


def marked_guarantees(test: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[int]:
    for decorator in test.decorator_list:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.security":
            yield from (ast.literal_eval(argument) for argument in decorator.args)


def list_security_tests() -> str:
    found = find_security_tests()
    rows = (
        [str(number), f"[`{file}`](../{file})", ", ".join(f"`{name}`" for name in names)]
        for number in sorted(found)
        for file, names in found[number].items()
    )
    return table("guarantee", "file", "tests", rows=rows)


# docs/api.md


def list_endpoints() -> str:
    """Every operation of the OpenAPI document, by path; methods with the same description share a line."""
    from pamps.app import app

    methods: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for path, operations in sorted(app.openapi()["paths"].items()):
        for method in sorted(operations, key=METHODS.index):
            operation = operations[method]
            methods[path, describe_access(operation), describe(operation)].append(method.upper())
    rows = ([f"`{path}`", ", ".join(names), who, what] for (path, who, what), names in methods.items())
    return table("path", "methods", "access", "purpose", rows=rows)


def describe_access(operation: dict[str, Any]) -> str:
    """The access that an operation requires, derived from its documented errors."""
    codes = set(re.findall(r"\(`(\w+)`\)", str(operation["responses"])))
    security = operation.get("security", [{}])
    if "superuser_required" in codes:
        return "superuser"
    if {"session_required", "fresh_token_required"} <= codes:
        return "fresh session"
    if "session_required" in codes:
        return "session"
    if "not_author" in codes:
        return "author"
    return "anyone" if {} in security else "signed in"


def describe(operation: dict[str, Any]) -> str:
    """The first paragraph of the description, and the parameters beyond those of every list."""
    purpose = " ".join(operation["description"].split("\n\n")[0].split())
    query = [p["name"] for p in operation.get("parameters", []) if p["in"] == "query"]
    names = ", ".join(f"`{name}`" for name in query if name not in PAGING)
    return f"{purpose} Parameters: {names}." if names else purpose


def list_errors() -> str:
    """Every error code, by status: of the classes, of the framework, and of those without a class."""
    import pamps.app  # noqa: F401 - imports every module that declares an error
    from pamps.errors import PampsError
    from pamps.http.handlers import HTTP_ERRORS

    errors = {(kind.code, str(kind.status), kind.detail) for kind in subclasses(PampsError)}
    errors |= {(code, str(status), detail) for status, (code, detail) in HTTP_ERRORS.items()}
    errors |= set(WITHOUT_CLASS)
    rows = ([f"`{code}`", status, meaning] for code, status, meaning in sorted(errors, key=by_status))
    return table("code", "status", "meaning", rows=rows)


def subclasses(kind: type[Any]) -> set[type[Any]]:
    found = {child for child in kind.__subclasses__() if child.__module__.startswith("pamps.")}
    return found.union(*map(subclasses, found))


def by_status(error: tuple[str, str, str]) -> tuple[str, str]:
    return error[1], error[0]


# docs/adr/README.md


def list_decisions() -> str:
    files = sorted((REPOSITORY / "docs/adr").glob("[0-9]*.md"))
    titles = [file.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ") for file in files]
    return "\n".join(f"- [{title}]({file.name})" for title, file in zip(titles, files, strict=True))


SECTIONS: dict[str, dict[str, Callable[[], str]]] = {
    "docs/adr/README.md": {"decisions": list_decisions},
    "docs/api.md": {"endpoints": list_endpoints, "errors": list_errors},
    "docs/architecture.md": {"modules": list_modules},
    "docs/security.md": {"tests": list_security_tests},
}


def generate(name: str) -> str:
    """The document with up-to-date sections. Raises ValueError if a section has no markers."""
    text = (REPOSITORY / name).read_text(encoding="utf-8")
    for section, write in SECTIONS[name].items():
        start, end = f"<!-- generated: {section} -->", f"<!-- end: {section} -->"
        before, _, rest = text.partition(start)
        _, _, after = rest.partition(end)
        if not after:
            raise ValueError(f"{name} has no section between {start} and {end}")
        text = f"{before}{start}\n\n{write()}\n\n{end}{after}"
    return text


def find_stale() -> list[str]:
    """The documents whose generated sections differ from the code."""
    return [name for name in SECTIONS if generate(name) != (REPOSITORY / name).read_text(encoding="utf-8")]


def main(arguments: list[str]) -> int:
    stale = find_stale()
    if arguments == ["--check"]:
        print("".join(f"{name} is stale: run scripts/documents.py\n" for name in stale), end="")
        return 1 if stale else 0
    for name in stale:
        (REPOSITORY / name).write_text(generate(name), encoding="utf-8")
        print(f"Rewrote {name}")
    return 0


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        # Use neither the settings of this shell nor a database in the checkout.
        os.environ |= {"PAMPS_ENV": "testing", "PAMPS_DB__uri": f"sqlite:///{folder}/pamps.db"}
        sys.exit(main(sys.argv[1:]))
