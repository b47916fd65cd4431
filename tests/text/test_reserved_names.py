"""User names that belong to addresses."""

import re

import pytest

from pamps.app import app
from pamps.models.user import USERNAME_PATTERN
from pamps.text.reserved_names import RESERVED_NAMES, is_reserved

pytestmark = pytest.mark.once

SEGMENTS = {
    name
    for path in app.openapi()["paths"]
    for name in [path.split("/")[1], *re.findall("^/user/([^/{]+)/", path)]
}


@pytest.mark.parametrize("name", sorted({*SEGMENTS, "docs", "redoc", "openapi", "static"}))
def test_nobody_is_called_like_an_address_of_pamps(name: str) -> None:
    assert is_reserved(name)


@pytest.mark.parametrize("name", ["api", "oauth", "nodeinfo", "users", "tags", "media", "admin", "timeline"])
def test_addresses_of_later_are_reserved_too(name: str) -> None:
    assert is_reserved(name)


def test_case_does_not_matter() -> None:
    assert [is_reserved(name) for name in ("me", "ME", "Me", "mE")] == [True] * 4


@pytest.mark.parametrize("name", ["ana", "me_", "_me", "me2", "posting", ""])
def test_other_names_are_free(name: str) -> None:
    assert not is_reserved(name)


def test_every_reserved_name_is_one_that_somebody_could_want() -> None:
    assert not [name for name in RESERVED_NAMES if not re.fullmatch(USERNAME_PATTERN, name)]
    assert not [name for name in RESERVED_NAMES if name != name.lower()]
