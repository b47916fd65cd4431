"""Verifies that a change of the code does not change a byte of any response.

    answers.py make FOLDER --checkout OLD               make two databases, once
    answers.py record FOLDER OLD.json --checkout OLD    record the responses to some thousand requests
    answers.py record FOLDER NEW.json --checkout NEW
    answers.py compare OLD.json NEW.json                exit status 0 if they are the same

Each checkout has its own .venv (see scripts/venv.sh); this script runs in that of `ensure_venv dev`. It uses
a checkout only through its commands, its settings in the environment, and HTTP. Trends cover the last seven
days, so older databases have none: make them again from time to time.
"""

import argparse
import json
import shutil
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from scripts.answering.answer import Answers, read_answers, write_answers
from scripts.answering.checkouts import Checkout, Failed
from scripts.answering.comparing import describe, find_different, without_sentences
from scripts.answering.content import make_content
from scripts.answering.databases import DATABASES, copy_database
from scripts.answering.recording import Recorder

TOKENS = "tokens.json"


def make(folder: Path, checkout: Path) -> None:
    """Make both databases with the code of a checkout, and the file with their viewers. Earlier ones in the
    folder are deleted."""
    folder.mkdir(parents=True, exist_ok=True)
    made = {}
    for name, open_database in DATABASES.items():
        shutil.rmtree(folder / name, ignore_errors=True)
        with open_database(folder / name) as uri, tempfile.TemporaryDirectory(prefix="pamps-make-") as empty:
            made[name] = make_content(Checkout(checkout, uri, Path(empty)))
        print(f"{name}: made")
    (folder / TOKENS).write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")


def record(folder: Path, out: Path, checkout: Path) -> None:
    """Record the responses of the code of a checkout, using copies of the databases."""
    if not (folder / TOKENS).exists():
        raise Failed(f"There are no databases in {folder}: make them first.")
    databases = json.loads((folder / TOKENS).read_text(encoding="utf-8"))
    with ThreadPoolExecutor() as pool:
        jobs = [
            pool.submit(record_database, name, made, folder / name, checkout)
            for name, made in databases.items()
        ]
    answers = {title: answer for job in jobs for title, answer in job.result().items()}
    write_answers(answers, out)
    statuses = Counter(answer.status for answer in answers.values())
    counts = ", ".join(f"{count} of {status}" for status, count in sorted(statuses.items()))
    print(f"{len(answers)} answers: {counts}")


def record_database(name: str, made: dict[str, dict[str, str]], source: Path, checkout: Path) -> Answers:
    """The responses from a copy of one database."""
    with tempfile.TemporaryDirectory(prefix="pamps-answers-") as folder:
        copy, empty = Path(folder, name), Path(folder, "empty")
        copy_database(source, copy)
        empty.mkdir()
        with DATABASES[name](copy) as uri, Checkout(checkout, uri, empty).serving() as url:
            recorder = Recorder(url, name, made["facts"], made["tokens"])
            try:
                recorder.record_views()
                recorder.record_steps(datetime.now(UTC))
            finally:
                recorder.close()
    return recorder.answers


def compare(old: Path, new: Path, most: int, *, but_sentences: bool, but_order: bool) -> bool:
    """Print how two recordings differ, the first `most` in full; returns whether they are equal."""
    recordings = [read_answers(path) for path in (old, new)]
    for answers in recordings:
        for title, answer in answers.items():
            if but_sentences:
                answers[title] = answer = without_sentences(answer)
            if but_order:
                answers[title] = answer._replace(headers=sorted(answer.headers))
    before, after = recordings
    different = find_different(before, after)
    for title in different[:most]:
        print("\n".join(describe(title, before.get(title), after.get(title))))
    if len(different) > most:
        print(f"=== and {len(different) - most} more:")
        print("\n".join(different[most : most + 10 * most]))
    print(f"{len(before)} and {len(after)} answers, {len(different) or 'none'} of them different.")
    return not different


def read_arguments() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    maker = commands.add_parser("make", help="make the databases")
    recorder = commands.add_parser("record", help="record the responses")
    for command in (maker, recorder):
        command.add_argument("folder", type=Path, help="where the databases are")
        command.add_argument("--checkout", type=Path, required=True, help="the checkout to run")
    recorder.add_argument("out", type=Path, help="the file for the responses")
    comparer = commands.add_parser("compare", help="show how two recordings differ")
    comparer.add_argument("old", type=Path)
    comparer.add_argument("new", type=Path)
    comparer.add_argument("--most", type=int, default=10, help="number of differences shown in full")
    comparer.add_argument(
        "--but-sentences", action="store_true", help="ignore differences in the messages of errors"
    )
    comparer.add_argument("--but-order", action="store_true", help="ignore the order of headers")
    return parser.parse_args()


def main() -> int:
    """Returns the exit status: 1 for differences, 2 for failures."""
    typed = read_arguments()
    try:
        if typed.command == "compare":
            sentences, order = typed.but_sentences, typed.but_order
            same = compare(typed.old, typed.new, typed.most, but_sentences=sentences, but_order=order)
            return 0 if same else 1
        if typed.command == "make":
            make(typed.folder, typed.checkout.resolve())
        else:
            record(typed.folder, typed.out, typed.checkout.resolve())
    except Failed as problem:
        print(problem, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
