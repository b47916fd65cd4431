"""Recorded responses, and reading and writing files of them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import httpx2

# Headers that differ in every response.
LEFT_OUT = {"date", "x-request-id", "server"}


class Answer(NamedTuple):
    """A response. The headers are kept as sent, in order."""

    status: int
    headers: list[tuple[str, str]]
    body: str

    def find(self, name: str) -> str:
        """The value of a header, "" if it is missing."""
        return next((value for key, value in self.headers if key.lower() == name), "")

    def with_headers(self, changed: Mapping[str, str]) -> "Answer":
        """The same response with these headers replaced where they exist."""
        headers = [(name, changed.get(name.lower(), value)) for name, value in self.headers]
        return self._replace(headers=headers)


# By database, viewer and request, in the order of the requests.
Answers = dict[str, Answer]


def read_answer(response: httpx2.Response) -> Answer:
    """The response without the headers that always differ."""
    headers = [(name.decode(), value.decode("latin-1")) for name, value in response.headers.raw]
    kept = [(name, value) for name, value in headers if name.lower() not in LEFT_OUT]
    return Answer(response.status_code, kept, response.content.decode(errors="backslashreplace"))


def write_answers(answers: Answers, path: Path) -> None:
    """Write the responses to a JSON file, one per line."""
    lines = (
        f"{json.dumps(title, ensure_ascii=False)}: {json.dumps(answer._asdict(), ensure_ascii=False)}"
        for title, answer in answers.items()
    )
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def read_answers(path: Path) -> Answers:
    """Read a file of `write_answers`."""
    kept = json.loads(path.read_text(encoding="utf-8"))
    return {
        title: Answer(one["status"], [(name, value) for name, value in one["headers"]], one["body"])
        for title, one in kept.items()
    }
