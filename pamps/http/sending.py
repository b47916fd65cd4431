"""How a route that returns `Json` runs: everything in one thread, and the answer made there."""

from collections.abc import Callable
from functools import wraps
from inspect import Parameter, signature
from typing import Any

from fastapi import Response
from fastapi.responses import JSONResponse
from sqlmodel import Session

from pamps.auth import Later
from pamps.db import commit
from pamps.http.slots import in_thread
from pamps.presenters.remembered import Json


def send_json(endpoint: Callable[..., Json[Any]], code: int) -> Callable[..., Any]:
    """The endpoint with its JSON made into the answer, headers of the dependencies included. It finds out who
    is asking, runs and commits in one thread; the framework has nothing more to validate or to serialize."""

    def work(values: dict[str, Any]) -> bytes:
        known = {name: value.find() if isinstance(value, Later) else value for name, value in values.items()}
        made = endpoint(**known)
        if isinstance(session := known.get("session"), Session):
            commit(session)
        return made.content

    @wraps(endpoint)
    async def send(*, _answer: Response, **values: Any) -> Response:
        _answer.body = await in_thread(work, values)
        _answer.headers["Content-Length"] = str(len(_answer.body))
        _answer.headers["Content-Type"] = JSONResponse.media_type
        _answer.status_code = _answer.status_code or code
        return _answer

    own = signature(endpoint)
    answer = Parameter("_answer", Parameter.KEYWORD_ONLY, annotation=Response)
    send.__signature__ = own.replace(parameters=[*own.parameters.values(), answer])  # type: ignore[attr-defined]
    return send
