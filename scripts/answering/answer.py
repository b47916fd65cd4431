"""An answer as it is kept, and files of them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import httpx2

# Different in each answer, whoever asks and whatever.
LEFT_OUT = {"date", "x-request-id", "server"}


class Answer(NamedTuple):
    """What came back. The headers are as they were sent, in their order."""

    status: int
    headers: list[tuple[str, str]]
    body: str

    def find(self, name: str) -> str:
        """The value of a header, or nothing."""
        return next((value for key, value in self.headers if key.lower() == name), "")

    def with_headers(self, changed: Mapping[str, str]) -> "Answer":
        """The same, where those of these headers that are there have other values."""
        headers = [(name, changed.get(name.lower(), value)) for name, value in self.headers]
        return self._replace(headers=headers)


# By who asked what of which database, in the order of asking.
Answers = dict[str, Answer]


def read_answer(response: httpx2.Response) -> Answer:
    """The answer without what is always different."""
    headers = [(name.decode(), value.decode("latin-1")) for name, value in response.headers.raw]
    kept = [(name, value) for name, value in headers if name.lower() not in LEFT_OUT]
    return Answer(response.status_code, kept, response.content.decode(errors="backslashreplace"))


def write_answers(answers: Answers, path: Path) -> None:
    """Write them to a file, each on a line of its own."""
    lines = (
        f"{json.dumps(title, ensure_ascii=False)}: {json.dumps(answer._asdict(), ensure_ascii=False)}"
        for title, answer in answers.items()
    )
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def read_answers(path: Path) -> Answers:
    """What `write_answers` wrote."""
    kept = json.loads(path.read_text(encoding="utf-8"))
    return {
        title: Answer(one["status"], [(name, value) for name, value in one["headers"]], one["body"])
        for title, one in kept.items()
    }
