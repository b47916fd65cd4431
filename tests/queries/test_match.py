"""Search goes through blocks of ids: no page of it may lose what is in another block."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session

from pamps.db import window
from pamps.models import Post
from pamps.models.search_index import BLOCK_BITS
from pamps.models.types import utc_now
from pamps.services.search_index import Text, reindex_posts
from tests.support.factories import make_user

# The first ones, and both sides of every border of a block.
IDS = sorted(
    {1, 2, 3_000, 20_000, 200_000, 2_000_000, 2**40}
    | {(times << bits) + beside for bits in BLOCK_BITS for times in (1, 2, 3) for beside in (-1, 0, 1)}
)


@pytest.fixture
def posts(session: Session, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Posts far from each other, all about bread and some about rye."""
    monkeypatch.setattr(window, "STEP", 1)
    ana = make_user(session, "ana")
    texts = [Text(id_, ana.id, "rye bread" if id_ % 5 == 0 else "bread", False) for id_ in IDS]
    for text in texts:
        session.add(Post(id=text.post_id, user_id=ana.id, text=text.text, date=utc_now(), edited_at=None))
    session.flush()
    reindex_posts(session, texts)
    session.commit()
    return IDS


def walk(client: TestClient, address: str, direction: str) -> list[tuple[str, list[int]]]:
    """Each page from that address on: its address, and the ids on it."""
    pages: list[tuple[str, list[int]]] = []
    following: Any = address
    while following:
        answer = client.get(following)
        assert answer.status_code == 200
        pages.append((following, [hit["id"] for hit in answer.json()]))
        following = answer.links.get(direction, {}).get("url")
        assert len(pages) <= len(IDS)
    return pages


@pytest.mark.parametrize("sort", ["date", "-date"])
@pytest.mark.parametrize("limit", [1, 2, 7])
@pytest.mark.parametrize(("typed", "divisor"), [("bread", 1), ("rye", 5), ("bread -rye from:ana", 0)])
def test_pages_across_blocks_are_the_whole_and_lead_back(
    client: TestClient, posts: list[int], sort: str, limit: int, typed: str, divisor: int
) -> None:
    expected = [id_ for id_ in posts if (id_ % divisor == 0 if divisor else id_ % 5)]
    if sort == "-date":
        expected = expected[::-1]

    forth = walk(client, f"/search/?q={typed}&sort={sort}&limit={limit}", "next")
    back = walk(client, forth[-1][0], "prev")

    assert [id_ for _, page in forth for id_ in page] == expected
    assert [id_ for _, page in back[::-1] for id_ in page] == expected
