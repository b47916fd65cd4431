"""What is particular about a database stands in one place."""

import re

import pytest

from tests.support.server import REPOSITORY

pytestmark = pytest.mark.once

PACKAGE = REPOSITORY / "pamps"
ASKS = re.compile(r"IS_SQLITE|dialect\.name|get_backend_name|get_dialect|\bdrivername\b|is SQLITE")
# The two dialects begin with a URL, and only this module reads those; bulk loading has a way for each.
ASKING = {"config/url.py", "demo/bulk.py"}


def test_the_kind_of_database_is_asked_for_in_few_places() -> None:
    found = {
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        if ASKS.search(path.read_text(encoding="utf-8"))
    }

    assert found == ASKING
