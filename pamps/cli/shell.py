"""A Python shell."""

import code
from importlib.util import find_spec
from typing import Any

from pamps import __version__


def shell() -> None:
    """Open a Python shell with settings, engine, session and tables preloaded."""
    from sqlmodel import Session, select

    from pamps.config import settings
    from pamps.db import engine
    from pamps.models import Follow, Like, Post, Social, User

    with Session(engine) as session:
        names = {
            "settings": settings,
            "engine": engine,
            "select": select,
            "session": session,
            "User": User,
            "Post": Post,
            "Follow": Follow,
            "Social": Social,
            "Like": Like,
        }
        banner = f"Pamps {__version__} ({settings.env}): {' '.join(names)}"
        start_shell(names, banner)


def start_shell(names: dict[str, Any], banner: str) -> None:
    """Start IPython if it is installed, otherwise Python's built-in shell."""
    # Checked beforehand: in a shell started while handling an ImportError, every traceback would include it.
    if find_spec("IPython"):
        from IPython.terminal.embed import InteractiveShellEmbed

        InteractiveShellEmbed(banner1=banner + "\n", user_ns=names)()
    else:
        code.interact(banner=banner, local=names, exitmsg="")
