"""What people write: pure checks, no database."""

import unicodedata


def refuse_unstorable(text: str) -> str:
    """Return `text`, or raise ValueError if PostgreSQL cannot store it: NUL, or half a surrogate pair."""
    if "\0" in text:
        raise ValueError("Text cannot contain the NUL character")
    if not text.isascii() and any("\ud800" <= char <= "\udfff" for char in text):
        raise ValueError("Text cannot contain half of a surrogate pair")
    return text


def is_storable(text: str) -> bool:
    """Whether PostgreSQL can store it, and so also look for it."""
    try:
        refuse_unstorable(text)
    except ValueError:
        return False
    return True


def is_blank(text: str) -> bool:
    """Whether nothing of `text` can be seen: only spaces, controls and invisible format characters."""
    return all(char.isspace() or unicodedata.category(char) in ("Cc", "Cf") for char in text)
