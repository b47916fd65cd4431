"""Reads the arguments of an endpoint from the request.

FastAPI analyses the signature of a function (`Dependant`) and validates each value (`ModelField`). Its own
code for solving dependencies is asynchronous, and with ten parameters takes longer than the query of a page
(ADR 0012). Here it is one pass in the thread of the route, and parameters that were not sent cost nothing.
"""

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from inspect import isasyncgenfunction, iscoroutinefunction, isgeneratorfunction
from typing import Any

from fastapi import Request, Response
from fastapi._compat import field_annotation_is_scalar
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from sqlmodel import Session

from pamps.models.user import Viewer


@dataclass
class Call:
    """A request being served: everything that arguments are read from.

    `body` is the parsed JSON body, or the raw bytes of any other type; `form` has the arguments read from a
    form. Validation errors are collected in `problems`, so that the response lists all of them.
    """

    request: Request
    session: Session | None
    viewer: Viewer | None
    response: Response
    body: Any = None
    has_body: bool = False
    form: dict[str, Any] | None = None
    problems: list[Any] = field(default_factory=list)


# Reads the value of a dependency that is not called as a function: the session, the viewer, or None.
Special = Callable[[Call], Any]


class Arguments:
    """Reads the arguments of one function and of its dependencies."""

    def __init__(self, dependant: Dependant, special: Callable[[Any], Special | None]) -> None:
        """`special` says how a dependency is read that is not an ordinary function. Raises TypeError for one
        that would have to be awaited, and for parameters that are not read here: cookies, lists, models of
        query parameters, background tasks."""
        _require_supported(dependant)
        self._dependencies = [_Dependency(child, special) for child in dependant.dependencies]
        self._path = [_Value(param, "path") for param in dependant.path_params]
        self._query = [_Value(param, "query") for param in dependant.query_params]
        self._header = [_Value(param, "header") for param in dependant.header_params]
        self._body = [_Value(param, "body") for param in dependant.body_params]
        self._request_name = dependant.request_param_name
        self._response_name = dependant.response_param_name

    def read(self, call: Call) -> dict[str, Any]:
        """The arguments by name. Validation errors are added to the problems of the call."""
        values: dict[str, Any] = {}
        request = call.request
        for dependency in self._dependencies:
            dependency.read(call, values)
        for value in self._path:
            value.read(request.path_params, call, values)
        if self._query:
            sent: Mapping[str, str] = request.query_params if request.scope["query_string"] else {}
            for value in self._query:
                value.read(sent, call, values)
        for value in self._header:
            value.read(request.headers, call, values)
        for value in self._body:
            value.read_body(call, values)
        if self._request_name:
            values[self._request_name] = request
        if self._response_name:
            values[self._response_name] = call.response
        return values


def _require_supported(dependant: Dependant) -> None:
    sent = [*dependant.path_params, *dependant.query_params, *dependant.header_params]
    compound = [param for param in sent if not field_annotation_is_scalar(param.field_info.annotation)]
    names = [param.name for param in (*dependant.cookie_params, *compound)]
    names += filter(None, (dependant.background_tasks_param_name, dependant.security_scopes_param_name))
    if names:
        raise TypeError(f"{dependant.call}: a route cannot read the parameters {', '.join(names)}")


class _Value:
    """An argument sent by the client."""

    def __init__(self, param: Any, source: str) -> None:
        self.name = param.name
        self._param = param
        self._loc = (source, param.alias)
        self._is_required = param.field_info.is_required()
        self._default = None if self._is_required else param.default

    def read(self, sent: Mapping[str, Any], call: Call, values: dict[str, Any]) -> None:
        if (value := sent.get(self._loc[1])) is not None:
            self._validate(value, self._loc, call, values)
        else:
            self._leave_out(self._loc, call, values)

    def read_body(self, call: Call, values: dict[str, Any]) -> None:
        if call.form is not None:
            values |= {name: value for name, value in call.form.items() if name == self.name}
        elif call.has_body:
            self._validate(call.body, ("body",), call, values)
        else:
            self._leave_out(("body",), call, values)

    def _validate(self, value: Any, loc: tuple[str, ...], call: Call, values: dict[str, Any]) -> None:
        values[self.name], problems = self._param.validate(value, values, loc=loc)
        call.problems += problems

    def _leave_out(self, loc: tuple[str, ...], call: Call, values: dict[str, Any]) -> None:
        if self._is_required:
            call.problems.append({"type": "missing", "loc": loc, "msg": "Field required", "input": None})
        else:
            values[self.name] = deepcopy(self._default) if self._default.__hash__ is None else self._default


class _Dependency:
    """An argument returned by another function."""

    def __init__(self, dependant: Dependant, special: Callable[[Any], Special | None]) -> None:
        function = dependant.call
        self._name = dependant.name
        self._special = special(function)
        self._function: Any = function
        self._arguments = None if self._special else Arguments(dependant, special)
        if not self._special and any(
            kind(function) for kind in (iscoroutinefunction, isgeneratorfunction, isasyncgenfunction)
        ):
            raise TypeError(f"{function} has to be a plain function, as every dependency of a route")

    def read(self, call: Call, values: dict[str, Any]) -> None:
        known = len(call.problems)
        if self._special:
            value = self._special(call)
        else:
            assert self._arguments  # noqa: S101 - for the type checker
            given = self._arguments.read(call)
            if len(call.problems) > known:
                return
            value = self._function(**given)
        if self._name:
            values[self._name] = value


def require_valid(call: Call) -> None:
    """Raise RequestValidationError if the call has problems."""
    if call.problems:
        raise RequestValidationError(call.problems)
