"""A route: from the request to the answer in one function, `serve`, which runs in one thread.

FastAPI declares routes, validates values and writes the OpenAPI document; serving is done here.
"""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, get_args, get_origin, get_type_hints

from fastapi import APIRouter, Depends, Request, Response, params
from fastapi.dependencies.utils import request_body_to_args
from fastapi.routing import APIRoute
from pydantic import TypeAdapter
from pydantic_core import to_json
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from pamps.auth import Access, bearer_token, find_viewer
from pamps.db import unit_of_work
from pamps.http.answers import JSON_TYPE, Answer, BytesResponse, RawHeaders
from pamps.http.arguments import Arguments, Call, Special, require_valid
from pamps.http.declaration import Declaration, no_store
from pamps.http.dependencies import get_session
from pamps.http.route_document import Responses, document, document_security
from pamps.http.slots import Slots, holding, in_thread
from pamps.http.strict import is_json, read_form, read_json

NO_STORE = (b"cache-control", b"no-store")


@dataclass(frozen=True)
class Body:
    """The body of a request: its bytes, or what was read of a form, with the problems of that."""

    content: bytes = b""
    form: dict[str, Any] | None = None
    problems: Sequence[Any] = ()
    # Its files are temporary: they are closed when the request has been served.
    files: FormData | None = None


@dataclass(frozen=True)
class Plan:
    """How a route serves its requests, worked out once when it is declared."""

    endpoint: Callable[..., Any]
    arguments: Arguments
    accesses: tuple[Access, ...]
    slots: tuple[Slots, ...]
    uses_database: bool
    writes: bool
    # Whether a JSON body is read, and the fields of a form if it is one.
    takes_json: bool
    form_fields: Sequence[Any]
    status: int
    headers: RawHeaders
    # The JSON of what the endpoint returns, where that is no Answer.
    to_json: Callable[[Any], bytes]


def serve(plan: Plan, request: Request, body: Body) -> ASGIApp:
    """Everything from the request to the answer. What the route wrote is committed before the answer leaves;
    an error rolls it back."""
    with unit_of_work(writes=plan.writes) if plan.uses_database else nullcontext() as session:
        call = Call(request, session, None, Response())
        token = bearer_token(request)
        if plan.accesses and session is not None:
            call.viewer = None if token is None else find_viewer(session, token, request.method)
            for access in plan.accesses:
                access.require(call.viewer)
        read_body(plan, call, body)
        arguments = plan.arguments.read(call)
        require_valid(call)
        result = plan.endpoint(**arguments)
    return make_response(plan, result, call.response)


def read_body(plan: Plan, call: Call, body: Body) -> None:
    """Put into the call what the body says."""
    if body.form is not None:
        call.form, call.problems = body.form, [*body.problems]
    elif plan.takes_json and body.content:
        content_type = call.request.headers.get("content-type", "")
        call.body = read_json(body.content) if is_json(content_type) else body.content
        call.has_body = True


def make_response(plan: Plan, result: Any, response: Response) -> ASGIApp:
    """The answer with this result, with the headers and the status that were set on `response`."""
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
    """A route that is served by `serve`, and whose document says what its dependencies may answer."""

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
        """Read the body, wait for the slots, and serve in a thread."""
        if scope["method"] not in (self.methods or ()):
            raise HTTPException(405, headers={"Allow": ", ".join(self.methods or ())})
        request, plan = Request(scope, receive), self.plan
        body = await receive_body(plan, request)
        try:
            async with holding(plan.slots):
                response = await in_thread(serve, plan, request, body)
        finally:
            if body.files:
                await body.files.close()
        await response(scope, receive, send)


async def receive_body(plan: Plan, request: Request) -> Body:
    """The body, if the route takes one."""
    if plan.takes_json:
        return Body(await request.body())
    if plan.form_fields:
        form = await read_form(request)
        values, problems = await request_body_to_args([*plan.form_fields], form, embed_body_fields=False)
        return Body(form=values, problems=problems, files=form)
    return Body()


def make_plan(declared: Declaration, endpoint: Callable[..., Any], status: int, model: Any) -> Plan:
    """The plan of a route that answers with this status and model."""
    return Plan(
        endpoint=endpoint,
        arguments=Arguments(declared.dependant, _special),
        accesses=declared.accesses,
        slots=declared.slots,
        uses_database=declared.uses_database,
        writes=not declared.is_safe,
        takes_json=bool(declared.body_params) and not declared.is_form,
        form_fields=declared.body_params if declared.is_form else (),
        status=status,
        headers=[] if declared.may_be_kept else [NO_STORE],
        to_json=_json_of(model),
    )


def _special(dependency: Any) -> Special | None:
    """How a dependency is read that is not called like a function."""
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
    """A router of the API. `access` guards all its routes; without `store` no cache may keep the answers."""
    guards = [Depends(access)] if access else []
    if not store:
        guards.append(Depends(no_store))
    return APIRouter(prefix=prefix, tags=[tag], route_class=Route, dependencies=guards, **options)
