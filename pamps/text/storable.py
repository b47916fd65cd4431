"""Checks of user-supplied text: pure functions."""

import unicodedata


def refuse_unstorable(text: str) -> str:
    """Return `text`; raises ValueError if PostgreSQL cannot store it: NUL, or half of a surrogate pair."""
    if "\0" in text:
        raise ValueError("Text cannot contain the NUL character")
    if not text.isascii() and any("\ud800" <= char <= "\udfff" for char in text):
        raise ValueError("Text cannot contain half of a surrogate pair")
    return text


def is_storable(text: str) -> bool:
    """Whether PostgreSQL can store `text`, and therefore accept it as a parameter."""
    try:
        refuse_unstorable(text)
    except ValueError:
        return False
    return True


def is_blank(text: str) -> bool:
    """Whether `text` has no visible characters: only whitespace, control and format characters."""
    return all(char.isspace() or unicodedata.category(char) in ("Cc", "Cf") for char in text)
