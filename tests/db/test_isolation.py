"""The suite's own promise: what one test writes, no other one sees."""

import pytest
from sqlmodel import Session, func, select

from pamps.models import User
from tests.support.factories import make_user


@pytest.mark.parametrize("turn", [1, 2])
def test_committed_rows_are_gone_in_the_next_test(session: Session, turn: int) -> None:
    before = session.exec(select(func.count()).select_from(User)).one()

    make_user(session, "the_only_one")

    assert before == 0
    assert session.exec(select(func.count()).select_from(User)).one() == 1
