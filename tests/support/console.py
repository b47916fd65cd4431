"""Executable documentation: the commands of ```console blocks, and their documented output.

A line that starts with `$ ` is a command (a backslash at its end continues it); the lines below it are its
output, in which three or more dots match anything within the line. One bash process runs all commands of a
document in order, so that variables last.
"""

import re
import subprocess
import uuid
from dataclasses import dataclass, field
from pathlib import Path

BLOCK = re.compile(r"^```console\n(.*?)^```$", re.DOTALL | re.MULTILINE)
ANYTHING = re.compile(r"\.{3,}")
PATIENCE_SECONDS = 120


@dataclass
class Step:
    """A command and its expected output lines."""

    command: str
    expected: list[str] = field(default_factory=list)


@dataclass
class Outcome:
    """What a command printed on both streams, and its exit status."""

    printed: list[str]
    status: int


def read_steps(document: str) -> list[Step]:
    """The commands of a Markdown document, in order."""
    steps: list[Step] = []
    for block in BLOCK.findall(document):
        continued = False
        for line in block.splitlines():
            if continued:
                steps[-1].command += "\n" + line
            elif line.startswith("$ "):
                steps.append(Step(line.removeprefix("$ ")))
            else:
                steps[-1].expected.append(line)
            continued = line.endswith("\\") and (continued or line.startswith("$ "))
    return steps


def run_steps(steps: list[Step], folder: Path, environment: dict[str, str]) -> list[Outcome]:
    """Run all commands in one bash, starting in `folder`; returns their outcomes."""
    mark = uuid.uuid4().hex
    script = "".join(f"{step.command}\nprintf '\\n%s %s\\n' {mark} $?\n" for step in steps)
    run = subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=PATIENCE_SECONDS,
    )
    printed = run.stdout.decode().replace("\r\n", "\n")
    parts = re.split(rf"\n{mark} (\d+)\n", printed)
    outcomes = [
        Outcome(text.rstrip("\n").splitlines(), int(status))
        for text, status in zip(parts[:-1:2], parts[1::2], strict=True)
    ]
    assert len(outcomes) == len(steps), f"bash stopped early:\n{parts[-1]}"
    return outcomes


def explain_difference(step: Step, outcome: Outcome) -> str | None:
    """The difference from the documentation, or None. A command that fails must say so in its output."""
    same = len(step.expected) == len(outcome.printed)
    same = same and all(map(_matches, step.expected, outcome.printed))
    if same and (outcome.status == 0 or step.expected):
        return None
    documented, printed = "\n".join(step.expected), "\n".join(outcome.printed)
    return f"$ {step.command}\n-- documented:\n{documented}\n-- printed (status {outcome.status}):\n{printed}"


def _matches(expected: str, printed: str) -> bool:
    pattern = ".*".join(map(re.escape, ANYTHING.split(expected)))
    return re.fullmatch(pattern.rstrip(), printed.rstrip()) is not None
