"""The declaration of a route, analysed once from its parameters and dependencies."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NoReturn

from fastapi import params
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import get_dependant

from pamps.auth import SAFE_METHODS, Access
from pamps.http.dependencies import get_session
from pamps.http.slots import Slots, connection_slots, writer_slots


def no_store() -> NoReturn:
    """A dependency that marks a route: responses get `Cache-Control: no-store` (RFC 6749, section 5.1)."""
    raise NotImplementedError("no_store needs a route of make_router()")


class Declaration:
    """The parameters and dependencies of a route, and the resources that follow from them."""

    def __init__(
        self,
        path: str,
        endpoint: Callable[..., Any],
        methods: set[str] | list[str] | None,
        dependencies: Sequence[params.Depends] | None,
    ) -> None:
        self.dependant = get_dependant(path=path, call=endpoint)
        guards = [get_dependant(path=path, call=one.dependency or endpoint) for one in dependencies or ()]
        self.dependant.dependencies[:0] = guards
        self.parts = list(_walk(self.dependant))
        calls = [part.call for part in self.parts]
        self.is_safe = SAFE_METHODS.issuperset(methods or ())
        self.may_be_kept = no_store not in calls
        # The access checks of the router come first.
        self.accesses = tuple(dict.fromkeys(call for call in calls if isinstance(call, Access)))
        self.uses_database = bool(self.accesses) or get_session in calls
        self.body_params = [param for part in self.parts for param in part.body_params]
        self.is_form = any(isinstance(param.field_info, params.Form) for param in self.body_params)
        self._own_slots = [call for call in calls if isinstance(call, Slots)]

    @property
    def slots(self) -> tuple[Slots, ...]:
        """The slots that a request waits for, in this order. A route that writes needs a writer slot, unless
        it declares a slot of its own, such as for hashing."""
        before = self._own_slots or ([] if self.is_safe else [writer_slots])
        return (*before, *([connection_slots] if self.uses_database else []))


def _walk(dependant: Dependant) -> Iterator[Dependant]:
    yield dependant
    for child in dependant.dependencies:
        yield from _walk(child)
