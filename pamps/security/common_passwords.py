"""The most common passwords, which attackers try first."""

from functools import cache
from pathlib import Path


def is_common(password: str) -> bool:
    """Whether a password, ignoring case, is one of the 5,000 most common ones of 8 characters or more."""
    return password.lower() in _read()


@cache
def _read() -> frozenset[str]:
    lines = Path(__file__).with_suffix(".txt").read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if not line.startswith("#"))
