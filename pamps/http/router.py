"""Routing: an index of all routes by path, because the framework tries one router after the other."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NoReturn

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts
from starlette._utils import get_route_path
from starlette.convertors import StringConvertor
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Match, NoMatchFound, Route
from starlette.types import ASGIApp, Receive, Scope, Send

# In the scope of a request: whether a GET was sent as HEAD, for streaming responses.
IS_HEAD = "pamps.is_head"
# In the scope of a request: the application that `matches` found, for `handle`.
_FOUND = "pamps.found"


@dataclass(frozen=True, slots=True)
class _Target:
    """The application that serves one path and method."""

    app: ASGIApp
    route: BaseRoute
    endpoint: Any


@dataclass(slots=True)
class _Path:
    """A declared path and its targets by method."""

    pattern: re.Pattern[str]
    convertors: dict[str, Any]
    last: str
    targets: dict[str, _Target] = field(default_factory=dict)

    def params(self, path: str) -> dict[str, Any] | None:
        """The path parameters, with or without the trailing slash; None if the path does not match."""
        if not (match := self.pattern.fullmatch(self.spelling_of(path))):
            return None
        params = match.groupdict()
        for name, convertor in self.convertors.items():
            params[name] = convertor.convert(params[name])
        return params

    def spelling_of(self, path: str) -> str:
        """The path with or without its trailing slash, as declared."""
        if path.endswith("/") is (self.last == "/") or self.last == ":path}":
            return path
        return path + "/" if self.last == "/" else path[:-1]


class _Index:
    """A snapshot of all routes of a router."""

    def __init__(self, router: APIRouter) -> None:
        self.length = len(router.routes)
        self.count = 0
        self.is_complete = not any(router._iter_low_priority_routes())
        self.others: list[BaseRoute] = []
        paths: dict[str, _Path] = {}
        for route in router.routes:
            for context in iter_route_contexts([route]):
                self.count += 1
                if isinstance(context.original_route, Route) and context.methods:
                    _add(paths, context)
                elif context.original_route is not route:
                    self.is_complete = False
                elif not isinstance(route, RouteTable):
                    self.others.append(route)
        literal = {name: path for name, path in paths.items() if "{" not in name}
        self._literal = {_other_spelling(name): path for name, path in literal.items()} | literal
        named = sorted((name for name in paths if name not in literal), key=_by_literal_segments)
        with_params = [(_first_segment(name), paths[name]) for name in named]
        # Paths whose first segment has a parameter are under "", and in every other list too.
        self._by_segment = {
            first: [path for of_path, path in with_params if of_path == first or "{" in of_path]
            for first in {first for first, _ in with_params if "{" not in first} | {""}
        }

    def find(self, path: str) -> Iterator[tuple[_Path, dict[str, Any]]]:
        """All declared paths that match, with their parameters; the most literal ones first, then in order of
        declaration."""
        if (literal := self._literal.get(path)) is not None:
            yield literal, {}
        for candidate in self._by_segment.get(_first_segment(path), self._by_segment[""]):
            if (params := candidate.params(path)) is not None:
                yield candidate, params


class RouteTable(BaseRoute):
    """The first route of an application, which looks up all others in an index.

    Every path is served with and without its trailing slash, and HEAD is served as GET (RFC 9110, section
    9.3.2; the server omits the body). A 405 lists all methods of the path.

    The routes remain in the framework: they can be added at any time, and are documented, overridden and run
    as usual. Anything that is not in the index, such as WebSockets, is left to the framework.
    """

    def __init__(self, router: APIRouter) -> None:
        self._router = router
        self._index: _Index | None = None

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """A full match for every path in the index, even if it results in an error."""
        if scope["type"] != "http":
            return Match.NONE, {}
        index = self._index
        if index is None or index.length != len(self._router.routes):
            index = self._index = _Index(self._router)
        path, method = get_route_path(scope), scope["method"]
        allowed: set[str] = set()
        for found, params in index.find(path):
            if target := found.targets.get("GET" if method == "HEAD" else method):
                if outer := scope.get("path_params"):
                    params = {**outer, **params}
                return Match.FULL, {
                    _FOUND: target.app,
                    "path": found.spelling_of(scope["path"]),
                    "path_params": params,
                    "route": target.route,
                    "endpoint": target.endpoint,
                }
            allowed |= found.targets.keys()
        return self._match_others(index, scope, allowed)

    def _match_others(self, index: _Index, scope: Scope, allowed: set[str]) -> tuple[Match, Scope]:
        for route in index.others:
            match, child_scope = route.matches(scope)
            if match is Match.FULL:
                return match, {**child_scope, _FOUND: route.handle}
        if index.count != sum(1 for _ in iter_route_contexts(self._router.routes)):
            self._index = None  # a route was added to a router after it was included
            return self.matches(scope)
        if allowed:
            return Match.FULL, {_FOUND: _Refusal(405, allowed)}
        return (Match.FULL, {_FOUND: _Refusal(404)}) if index.is_complete else (Match.NONE, {})

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application that `matches` found."""
        if scope["method"] == "HEAD":
            # A new dict, because the server still has to see HEAD.
            scope = {**scope, "method": "GET", IS_HEAD: True}
        await scope[_FOUND](scope, receive, send)

    def url_path_for(self, name: str, /, **path_params: Any) -> NoReturn:
        """Raises NoMatchFound: names are resolved by the routes themselves."""
        raise NoMatchFound(name, path_params)


class _Refusal:
    """An ASGI application that answers every request with an error."""

    def __init__(self, status: int, methods: set[str] | None = None) -> None:
        self._status = status
        self._methods = methods or set()

    async def __call__(self, _scope: Scope, _receive: Receive, _send: Send) -> NoReturn:
        allowed = self._methods | ({"HEAD"} if "GET" in self._methods else set())
        raise HTTPException(self._status, headers={"Allow": ", ".join(sorted(allowed))} if allowed else None)


def index_routes(app: FastAPI) -> None:
    """Make `app` look up its routes in a RouteTable, including routes added later."""
    app.router.routes.insert(0, RouteTable(app.router))


def _add(paths: dict[str, _Path], context: RouteContext) -> None:
    route, name = context.original_route, str(context.path)
    # A route with its own `handle` is called directly. For others the framework has prepared an application
    # with the prefix, dependencies and overrides with which their router was included.
    target = _Target(context.app, route, context.endpoint)
    if isinstance(route, APIRoute) and type(route).handle is not APIRoute.handle:
        target = _Target(route.handle, route, context.endpoint)
        if len(context.dependencies) > len(route.dependencies):
            # They would be documented but never run, so a guard would not guard anything.
            raise TypeError(f"{name}: give the dependencies to make_router(), not to include_router()")
    if name not in paths:
        convertors = {n: c for n, c in context.param_convertors.items() if type(c) is not StringConvertor}
        last = ":path}" if name.endswith(":path}") else name[-1:]
        paths[name] = _Path(context.path_regex, convertors, last)
    for method in context.methods or ():
        paths[name].targets.setdefault(method, target)


def _other_spelling(path: str) -> str:
    return path[:-1] if path.endswith("/") else path + "/"


def _by_literal_segments(path: str) -> list[bool]:
    """Sort key: literal segments before parameters, so `/post/tag/{tag}/` before `/post/{post_id}/like/`."""
    return ["{" in segment for segment in path.split("/")]


def _first_segment(path: str) -> str:
    return path[1:].partition("/")[0]
