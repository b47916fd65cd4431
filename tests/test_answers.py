"""scripts/answers.py: what it takes for a difference. That it asks enough is for who reads its lists."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.once

Kept = dict[str, Any]

FOUND: Kept = {
    "status": 200,
    "headers": [["content-type", "application/json"], ["etag", '"a"']],
    "body": "{}",
}
REFUSED: Kept = {
    "status": 404,
    "headers": [["content-length", "57"]],
    "body": '{"detail":"There is no such post.","code":"post_not_found"}',
}


def compare(folder: Path, old: Kept, new: Kept, *options: str) -> tuple[int, str]:
    """The exit status and the output for two recordings of one answer."""
    paths = [folder / name for name in ("old", "new")]
    for path, answer in zip(paths, (old, new), strict=True):
        path.write_text(json.dumps({"GET /": answer}))
    script = [sys.executable, "-m", "scripts.answers", "compare", *map(str, paths), *options]
    done = subprocess.run(script, capture_output=True, text=True, check=False)
    assert not done.stderr
    return done.returncode, done.stdout


def test_the_same_answers_are_no_difference(tmp_path: Path) -> None:
    status, output = compare(tmp_path, FOUND, FOUND)

    assert (status, output) == (0, "1 and 1 answers, none of them different.\n")


def test_keys_in_another_order_are_a_difference_that_is_shown(tmp_path: Path) -> None:
    old, new = FOUND | {"body": '{"id":1,"likes":2}'}, FOUND | {"body": '{"likes":2,"id":1}'}

    status, output = compare(tmp_path, old, new)

    assert status == 1
    assert '    - "id": 1,\n    - "likes": 2\n    + "likes": 2,\n    + "id": 1\n' in output


def test_a_blank_more_is_a_difference_that_is_shown(tmp_path: Path) -> None:
    status, output = compare(tmp_path, FOUND, FOUND | {"body": "{ }"})

    assert status == 1
    assert "different bytes with the same meaning, from character 1 on" in output


def test_another_order_of_headers_is_a_difference_unless_it_may_be(tmp_path: Path) -> None:
    new = FOUND | {"headers": FOUND["headers"][::-1]}

    strict, lenient = compare(tmp_path, FOUND, new), compare(tmp_path, FOUND, new, "--but-order")

    assert "headers in another order: etag, content-type" in strict[1]
    assert (strict[0], lenient[0]) == (1, 0)


def test_the_sentence_of_an_error_is_a_difference_unless_it_may_be(tmp_path: Path) -> None:
    body = '{"detail":"No such post.","code":"post_not_found"}'
    new = REFUSED | {"headers": [["content-length", "51"]], "body": body}

    statuses = [compare(tmp_path, REFUSED, new, *options)[0] for options in ((), ("--but-sentences",))]

    assert statuses == [1, 0]


def test_the_code_of_an_error_is_always_a_difference(tmp_path: Path) -> None:
    new = REFUSED | {"body": REFUSED["body"].replace("post_not_found", "not_found")}

    assert compare(tmp_path, REFUSED, new, "--but-sentences")[0] == 1
