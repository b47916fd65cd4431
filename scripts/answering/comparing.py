"""Human-readable differences between two recordings."""

import difflib
import json
import re
from collections.abc import Iterator
from typing import Any

from scripts.answering.answer import Answer, Answers

LINES = 24  # maximum per body
WIDTH = 160
# They differ whenever the body does, which is more informative.
OF_BODY = ("content-length", "etag")


def without_sentences(answer: Answer) -> Answer:
    """An error without its messages, and without the headers that depend on them."""
    try:
        body = json.loads(answer.body) if answer.status >= 400 else None
    except ValueError:
        body = None
    if not isinstance(body, dict) or not {"detail", "code"} <= body.keys():
        return answer
    body["detail"] = "…"
    for problem in body.get("errors", ()):
        problem["message"] = "…"
    headers = [(name, value) for name, value in answer.headers if name.lower() not in OF_BODY]
    return Answer(answer.status, headers, json.dumps(body, ensure_ascii=False))


def find_different(old: Answers, new: Answers) -> list[str]:
    """The titles of requests with different responses, or that are in only one of the recordings."""
    return [title for title in old | new if old.get(title) != new.get(title)]


def describe(title: str, old: Answer | None, new: Answer | None) -> Iterator[str]:
    """The differences between two responses to a request, as lines of text."""
    yield f"=== {title}"
    if old is None or new is None:
        yield f"    only in the {'second' if old is None else 'first'} recording"
        return
    if old.status != new.status:
        yield f"    status: {old.status} -> {new.status}"
    same_body = old.body == new.body
    yield from _describe_headers(old, new, () if same_body else OF_BODY)
    if not same_body:
        yield from _describe_bodies(old.body, new.body)


def _describe_headers(old: Answer, new: Answer, left_out: tuple[str, ...]) -> Iterator[str]:
    before, after = (
        [f"{name}: {value}" for name, value in answer.headers if name.lower() not in left_out]
        for answer in (old, new)
    )
    if before != after and sorted(before) == sorted(after):
        yield "    headers in another order: " + ", ".join(line.split(":")[0] for line in after)
        return
    yield from (f"    - {_cut(line)}" for line in before if line not in after)
    yield from (f"    + {_cut(line)}" for line in after if line not in before)


def _describe_bodies(old: str, new: str) -> Iterator[str]:
    before, after = _lines(old), _lines(new)
    if before == after:
        place = next((at for at, pair in enumerate(zip(old, new, strict=False)) if pair[0] != pair[1]), 0)
        yield f"    body: different bytes with the same meaning, from character {place} on:"
        yield from (f"    {sign} {_cut(repr(text[place:]))}" for sign, text in (("-", old), ("+", new)))
        return
    diff = list(difflib.unified_diff(before, after, n=2, lineterm=""))[2:]
    yield from (f"    {_cut(line)}" for line in diff[:LINES])
    if len(diff) > LINES:
        yield f"    … and {len(diff) - LINES} more lines"


def _lines(body: str) -> list[str]:
    """The body in lines: one per value of JSON, one per element of XML or HTML."""
    try:
        content: Any = json.loads(body)
    except ValueError:
        return re.sub(r">(?=<)", ">\n", body).splitlines()
    return json.dumps(content, ensure_ascii=False, indent=1).splitlines()


def _cut(line: str) -> str:
    return line if len(line) <= WIDTH else line[:WIDTH] + "…"
