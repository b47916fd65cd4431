"""What every route of the JSON API shares: strict bodies and truthful documentation."""

import json
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import AsyncExitStack
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from fastapi import APIRouter, Request, Response, params, status
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import get_dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.datastructures import FormData

from pamps.auth import FINDS_LATER, LATER, Asks, HashingTurn, Later
from pamps.errors import InsufficientScope, RefusedToken, Unavailable
from pamps.http.dependencies import SAFE_METHODS, WriteTurn, get_session
from pamps.http.openapi import ErrorResponse, ValidationErrorResponse, refusals
from pamps.http.sending import send_json
from pamps.http.slots import ENDINGS, in_thread
from pamps.presenters.remembered import Json

Result = TypeVar("Result")

Responses = dict[int | str, dict[str, Any]]

BODY_RESPONSES: Responses = {
    400: {"model": ErrorResponse, "description": "The request body could not be parsed. (`malformed_body`)"},
}
# A body may come where none is wanted.
ANY_RESPONSES: Responses = {
    413: {"model": ErrorResponse, "description": "The request body is too large. (`body_too_large`)"},
}
# Of what is read, unless nobody may keep it (see pamps.http.middleware.etag).
KNOWN_RESPONSES: Responses = {
    304: {"description": "The answer is still the one whose `ETag` was sent in `If-None-Match`."},
}
INPUT_RESPONSES: Responses = {
    422: {"model": ValidationErrorResponse, "description": "Something sent is not valid. (`invalid_input`)"},
}


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Which of two equal keys counts is a matter of taste, and so of attacks: refuse both."""
    values = dict(pairs)
    if len(values) < len(pairs):
        raise json.JSONDecodeError("Duplicate key", "", 0)
    return values


def _no_constant(name: str) -> None:
    """NaN and Infinity are Python's, not JSON's (RFC 8259, section 6)."""
    raise json.JSONDecodeError(f"{name} is not JSON", "", 0)


class StrictRequest(Request):
    """A request whose body means the same to every parser."""

    async def json(self) -> Any:
        text = (await self.body()).decode()  # UTF-8 and nothing else (RFC 8259, section 8.1)
        return json.loads(text, object_pairs_hook=_unique_keys, parse_constant=_no_constant)

    async def form(self, **limits: Any) -> FormData:  # type: ignore[override]
        form = await super().form(**limits)
        if len(form) < len(form.multi_items()):
            raise ValueError("a field came twice")  # RFC 6749, section 3.2; answered with 400
        return form


class Route(APIRoute):
    """A route that reads strict JSON and documents what its dependencies may answer."""

    def __init__(
        self,
        path: str,
        endpoint: Callable[..., Any],
        *,
        responses: Responses | None = None,
        openapi_extra: dict[str, Any] | None = None,
        methods: set[str] | list[str] | None = None,
        dependencies: Sequence[params.Depends] | None = None,
        **options: Any,
    ) -> None:
        # First of all, so that whoever waits for a turn holds nothing. Those that hash have a turn already.
        if not SAFE_METHODS.issuperset(methods or ()) and HashingTurn not in (dependencies or ()):
            dependencies = [WriteTurn, *(dependencies or ())]
        returned = get_type_hints(endpoint).get("return")
        if get_origin(returned) is Json:
            (options["response_model"],) = get_args(returned)
            endpoint = send_json(endpoint, options.get("status_code") or status.HTTP_200_OK)
        dependant = get_dependant(path=path, call=endpoint)
        dependants = list(_walk(dependant))
        calls = {dependant.call for dependant in dependants}
        shared: Responses = dict(ANY_RESPONSES)
        if get_session in calls:
            shared |= refusals(Unavailable)
        asks = next((call for call in calls if isinstance(call, Asks)), None)
        if asks is not None:
            shared |= refusals(RefusedToken)
            if not SAFE_METHODS.issuperset(methods or ()):
                shared |= refusals(InsufficientScope)
            if asks.check is None:
                # FastAPI says that a token is needed; say that none is, too.
                openapi_extra = {"security": [{}], **(openapi_extra or {})}
        if any(d.body_params for d in dependants):
            shared |= BODY_RESPONSES
        if any(d.body_params or d.path_params or d.query_params for d in dependants):
            shared |= INPUT_RESPONSES
        # Whoever stands guard has to know at once.
        guards = [get_dependant(path=path, call=guard.dependency or endpoint) for guard in dependencies or ()]
        asked = [*dependants, *(found for guard in guards for found in _walk(guard))]
        if SAFE_METHODS.issuperset(methods or ()) and all(one.call is not do_not_store for one in asked):
            shared |= KNOWN_RESPONSES
        by_others = [one for one in asked if isinstance(one.call, Asks) and one not in dependant.dependencies]
        self.finds_later = get_origin(returned) is Json and not by_others
        merged = _merge(shared, responses or {})
        super().__init__(
            path,
            endpoint,
            responses=merged,
            openapi_extra=openapi_extra,
            methods=methods,
            dependencies=dependencies,
            **options,
        )

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        finds_later = self.finds_later

        async def handle_strictly(request: Request) -> Response:
            request.scope[FINDS_LATER] = finds_later
            async with AsyncExitStack() as request.scope[ENDINGS]:
                try:
                    return await handle(StrictRequest(request.scope, request.receive))
                except RequestValidationError:
                    # Who may not do this is told so, and not what is wrong with what they sent.
                    if isinstance(later := request.scope.get(LATER), Later):
                        await in_thread(later.find)
                    raise

        return handle_strictly


def _merge(shared: Responses, own: Responses) -> Responses:
    """Both sets of answers; where they share a status, both descriptions."""
    merged = dict(shared)
    for code, answer in own.items():
        described = [merged.get(code, {}).get("description"), answer["description"]]
        merged[code] = {**answer, "description": " ".join(filter(None, described))}
    return merged


def _walk(dependant: Dependant) -> Iterator[Dependant]:
    yield dependant
    for child in dependant.dependencies:
        yield from _walk(child)


def make_router(prefix: str, tag: str, **options: Any) -> APIRouter:
    """A router of the API."""
    return APIRouter(prefix=prefix, tags=[tag], route_class=Route, **options)


async def do_not_store(response: Response) -> None:
    """No cache on the way may keep a token (RFC 6749, section 5.1)."""
    response.headers["Cache-Control"] = "no-store"


def already(model: type[Any]) -> Responses:
    """OpenAPI `responses` of a route that changes nothing the second time."""
    return {200: {"model": model, "description": "It already was so."}}


def created_or_ok(response: Response, result: tuple[Result, bool]) -> Result:
    """201 for what is new, 200 for what already was."""
    row, created = result
    response.status_code = status.HTTP_201_CREATED if created else status.HTTP_200_OK
    return row
