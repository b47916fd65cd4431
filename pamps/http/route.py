"""Serves a route: `serve` goes from the request to the response in one function, in one thread.

FastAPI declares routes, validates values and generates the OpenAPI document; requests are served here.
"""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from inspect import iscoroutinefunction
from typing import Any, get_args, get_origin, get_type_hints

from fastapi import APIRouter, Depends, Request, Response, params
from fastapi.dependencies.utils import request_body_to_args
from fastapi.routing import APIRoute
from pydantic import TypeAdapter
from pydantic_core import to_json
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send

from pamps.auth import Access, bearer_token, find_viewer
from pamps.db import unit_of_work
from pamps.http.answers import JSON_TYPE, Answer, BytesResponse, RawHeaders
from pamps.http.arguments import Arguments, Call, Special, require_valid
from pamps.http.declaration import Declaration, no_store
from pamps.http.dependencies import get_session
from pamps.http.route_document import Responses, document, document_security
from pamps.http.slots import Slots, hashing_slots, holding
from pamps.http.strict import is_json, read_form, read_json
from pamps.http.threads import Threads, database_threads, hashing_threads, in_thread, other_threads

NO_STORE = (b"cache-control", b"no-store")
# Options of FastAPI that change a response which it serializes itself.
UNSUPPORTED = (
    "response_model_include",
    "response_model_exclude",
    "response_model_exclude_unset",
    "response_model_exclude_defaults",
    "response_model_exclude_none",
)


@dataclass(frozen=True)
class Body:
    """A request body: its bytes, or the parsed fields of a form with their validation errors."""

    content: bytes = b""
    form: dict[str, Any] | None = None
    problems: Sequence[Any] = ()
    # Its files are temporary: they are closed when the request has been served.
    files: FormData | None = None


@dataclass(frozen=True)
class Plan:
    """How to serve requests of a route, computed once when it is declared."""

    endpoint: Callable[..., Any]
    arguments: Arguments
    accesses: tuple[Access, ...]
    slots: tuple[Slots, ...]
    threads: Threads
    uses_database: bool
    writes: bool
    # Whether the route has a JSON body; otherwise the fields of its form, if it has one.
    takes_json: bool
    form_fields: Sequence[Any]
    status: int
    headers: RawHeaders
    # Renders the result of the endpoint as JSON if it is not an Answer.
    to_json: Callable[[Any], bytes]


def serve(plan: Plan, request: Request, body: Body) -> ASGIApp:
    """Serve a request: authenticate, check the access, read the arguments, call the endpoint. Its writes are
    committed before the response is sent; an error rolls them back."""
    with unit_of_work(writes=plan.writes) if plan.uses_database else nullcontext() as session:
        call = Call(request, session, None, Response())
        token = bearer_token(request)
        if plan.accesses and token is not None:
            assert session is not None  # noqa: S101 - who checks access uses the database
            call.viewer = find_viewer(session, token, request.method)
        for access in plan.accesses:
            access.require(call.viewer)
        read_body(plan, call, body)
        arguments = plan.arguments.read(call)
        require_valid(call)
        result = plan.endpoint(**arguments)
        return make_response(plan, result, call.response)


def read_body(plan: Plan, call: Call, body: Body) -> None:
    """Store the parsed body in the call."""
    if body.form is not None:
        call.form, call.problems = body.form, [*body.problems]
    elif plan.takes_json and body.content:
        content_type = call.request.headers.get("content-type", "")
        call.body = read_json(body.content) if is_json(content_type) else body.content
        call.has_body = True


def make_response(plan: Plan, result: Any, response: Response) -> ASGIApp:
    """The response with this result, and with the headers and the status that were set on `response`."""
    set_headers = [pair for pair in response.raw_headers if pair[0] != b"content-length"]
    if isinstance(result, Response):
        result.raw_headers += [*plan.headers, *set_headers]
        return result
    status = response.status_code if response.status_code != 200 else plan.status
    headers = [*plan.headers, *set_headers]
    if isinstance(result, Answer):
        content, status = result.body, result.status or status
        headers += result.headers
    elif status == 204:
        return BytesResponse(status, headers, b"")
    else:
        content = plan.to_json(result)
    headers += ((b"content-length", b"%d" % len(content)), JSON_TYPE)
    return BytesResponse(status, headers, content)


class Route(APIRoute):
    """A route served by `serve`. Its OpenAPI document includes the responses of its dependencies."""

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
        returned = get_type_hints(endpoint).get("return")
        if get_origin(returned) is Answer:
            (options["response_model"],) = get_args(returned)
        require_supported(endpoint, options)
        declared = Declaration(path, endpoint, methods, dependencies)
        super().__init__(
            path,
            endpoint,
            responses=document(declared, responses or {}),
            openapi_extra={**document_security(declared), **(openapi_extra or {})} or None,
            methods=methods,
            dependencies=dependencies,
            **options,
        )
        self.plan = make_plan(declared, endpoint, self.status_code or 200, self.response_model)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the body, wait for the slots, serve in a thread, and send the response."""
        if scope["method"] not in (self.methods or ()):
            raise HTTPException(405, headers={"Allow": ", ".join(self.methods or ())})
        request, plan = Request(scope, receive), self.plan
        try:
            body = await receive_body(plan, request)
        except ClientDisconnect:
            return  # there is nobody to answer
        try:
            async with holding(plan.slots):
                response = await in_thread(plan.threads, serve, plan, request, body)
        finally:
            if body.files:
                await body.files.close()
        await response(scope, receive, send)


async def receive_body(plan: Plan, request: Request) -> Body:
    """The body, empty if the route takes none."""
    if plan.takes_json:
        return Body(await request.body())
    if plan.form_fields:
        form = await read_form(request)
        values, problems = await request_body_to_args([*plan.form_fields], form, embed_body_fields=False)
        return Body(form=values, problems=problems, files=form)
    return Body()


def require_supported(endpoint: Callable[..., Any], options: dict[str, Any]) -> None:
    """Raise TypeError for what FastAPI would document and `serve` would not do."""
    if iscoroutinefunction(endpoint):
        raise TypeError(f"{endpoint.__name__} has to be a plain function, as every endpoint of a route")
    if unsupported := [name for name, value in options.items() if value and name in UNSUPPORTED]:
        raise TypeError(f"{endpoint.__name__}: a route does not support {', '.join(unsupported)}")


def make_plan(declared: Declaration, endpoint: Callable[..., Any], status: int, model: Any) -> Plan:
    """The plan of a route with this default status and response model."""
    return Plan(
        endpoint=endpoint,
        arguments=Arguments(declared.dependant, _special),
        accesses=declared.accesses,
        slots=declared.slots,
        threads=_threads_for(declared),
        uses_database=declared.uses_database,
        writes=not declared.is_safe,
        takes_json=bool(declared.body_params) and not declared.is_form,
        form_fields=declared.body_params if declared.is_form else (),
        status=status,
        headers=[] if declared.may_be_kept else [NO_STORE],
        to_json=_json_of(model),
    )


def _threads_for(declared: Declaration) -> Threads:
    if hashing_slots in declared.slots:
        return hashing_threads
    return database_threads if declared.uses_database else other_threads


def _special(dependency: Any) -> Special | None:
    """The reader of a dependency that is not called as a function; None for any other."""
    if dependency is get_session:
        return lambda call: call.session
    if isinstance(dependency, Access):
        return lambda call: call.viewer
    if isinstance(dependency, Slots) or dependency is no_store:
        return lambda _: None
    return None


def _json_of(model: Any) -> Callable[[Any], bytes]:
    if model is None:
        return to_json
    adapter: TypeAdapter[Any] = TypeAdapter(model)
    return lambda result: adapter.dump_json(adapter.validate_python(result, from_attributes=True))


def make_router(
    prefix: str, tag: str, *, access: Access | None = None, store: bool = True, **options: Any
) -> APIRouter:
    """A router of the API. `access` guards all its routes; `store=False` forbids caching the responses."""
    guards = [Depends(access)] if access else []
    if not store:
        guards.append(Depends(no_store))
    return APIRouter(prefix=prefix, tags=[tag], route_class=Route, dependencies=guards, **options)
