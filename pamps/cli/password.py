"""Asking for a password."""

import sys

import typer


def ask_password() -> str:
    """Asked for twice on a terminal; else one line of standard input, so that scripts need not show it."""
    if sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\r\n")
