"""What people write, before any database sees it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pamps.text.storable import is_blank, refuse_unstorable

pytestmark = pytest.mark.once

# Hypothesis keeps what it found in a folder; without one, a run leaves nothing behind.
quick = settings(max_examples=200, deadline=None, database=None)
storable = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


@quick
@given(text=storable)
def test_what_can_be_stored_stays_as_typed(text: str) -> None:
    assert refuse_unstorable(text) == text


@quick
@given(before=storable, after=storable, bad=st.characters(categories=["Cs"]) | st.just("\0"))
def test_nul_and_half_surrogate_pairs_are_refused_anywhere(before: str, after: str, bad: str) -> None:
    with pytest.raises(ValueError, match=r"^Text cannot contain ") as refused:
        refuse_unstorable(before + bad + after)

    assert bad not in str(refused.value)


@quick
@given(text=st.text(st.characters(categories=["Zs", "Zl", "Zp", "Cc", "Cf"])))
def test_spaces_controls_and_format_characters_are_blank(text: str) -> None:
    assert is_blank(text)


@quick
@given(before=st.text(), visible=st.characters(categories=["L", "N", "P", "S"]), after=st.text())
def test_one_visible_character_is_enough(before: str, visible: str, after: str) -> None:
    assert not is_blank(before + visible + after)


@pytest.mark.parametrize("text", ["", " \t\r\n", "\u200b", "\u200d", "\ufeff", "\u202e\u2066", "\0"])
def test_what_nobody_sees_is_blank(text: str) -> None:
    assert is_blank(text)
