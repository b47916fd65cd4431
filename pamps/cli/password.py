"""Prompting for a password."""

import sys

import typer


def ask_password() -> str:
    """Prompt twice on a terminal; otherwise read one line of standard input, so that scripts need not expose
    it as an argument."""
    if sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\r\n")
