"""The JSON API, route by route; and how every test of it reads a refusal."""

import re

from httpx2 import Response

CHALLENGES = {"insufficient_scope": 'Bearer error="insufficient_scope"'}
CODE = re.compile(r"[a-z]+(_[a-z]+)*")


def refusal(answer: Response) -> tuple[int, str]:
    """Status and code of an error, which must have the one shape of all errors."""
    status, body = answer.status_code, answer.json()
    assert 400 <= status < 500, answer.text[:500]
    assert set(body) == ({"detail", "code", "errors"} if status == 422 else {"detail", "code"})
    assert isinstance(body["detail"], str)
    assert body["detail"]
    assert CODE.fullmatch(body["code"])
    challenge = CHALLENGES.get(body["code"], "Bearer" if status == 401 else None)
    assert answer.headers.get("WWW-Authenticate") == challenge
    for problem in body.get("errors", []):
        assert set(problem) == {"field", "message"}
        assert all(isinstance(value, str) and value for value in problem.values())
    return status, body["code"]


def wrong_fields(answer: Response) -> list[str]:
    """The fields that a 422 complains about."""
    assert refusal(answer) == (422, "invalid_input")
    return [problem["field"] for problem in answer.json()["errors"]]
