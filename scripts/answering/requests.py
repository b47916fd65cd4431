"""Requests with placeholders for the names and ids, which differ between databases."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

PLACE = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Request:
    """A request. In the path and in the values of headers, form and JSON, `{name}` stands for a fact. A body
    of bytes is sent unchanged.

    `saves` maps the names of facts for later requests to their keys in the response.
    """

    path: str
    method: str = "GET"
    json: object = None
    form: Mapping[str, str] | None = None
    raw: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    saves: Mapping[str, str] = field(default_factory=dict)
    # Distinguishes it from otherwise identical requests.
    note: str = ""

    @property
    def title(self) -> str:
        """A description of the request in one line, unique per viewer."""
        content = next((one for one in (self.raw, self.form, self.json) if one is not None), "")
        shown = str(content)[:70] + ("…" if len(str(content)) > 70 else "")
        headers = " ".join(f"[{name}: {value}]" for name, value in self.headers.items())
        return " ".join(part for part in (self.method, self.path, shown, headers, self.note) if part)


def fill(value: Any, facts: Mapping[str, Any]) -> Any:
    """The value with the placeholders replaced by facts, at every depth."""
    if isinstance(value, str):
        whole = PLACE.fullmatch(value)
        if whole and whole[1] in facts:
            return facts[whole[1]]  # keeps its type
        return PLACE.sub(lambda found: str(facts.get(found[1], found[0])), value)
    if isinstance(value, Mapping):
        return {key: fill(each, facts) for key, each in value.items()}
    if isinstance(value, list):
        return [fill(each, facts) for each in value]
    return value
