"""Serving."""

import errno
import os
import socket
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from pamps import __version__
from pamps.cli.failures import fail


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on. \\[server.host]")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Its port. \\[server.port]")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes. \\[server.workers]")] = None,
    reload: Annotated[bool, typer.Option("--reload", help="Restart when the code changes.")] = False,
) -> None:
    """Bring the database to the newest migration and serve the API."""
    if port:
        # Before anybody reads the settings: the links in mails lead there, and the workers read them, too.
        os.environ["PAMPS_SERVER__port"] = str(port)

    import uvicorn

    from pamps.config import require_key, settings
    from pamps.db import get_database
    from pamps.services import schema

    host = settings.server.host if host is None else host
    port = settings.server.port if port is None else port
    require_key()
    require_free_port(host, port)
    schema.upgrade()
    get_database().dispose()  # the workers open connections of their own
    introduce(host, port)
    uvicorn.run(
        "pamps.app:app",
        host=host,
        port=port,
        workers=workers or settings.server.workers,
        reload=reload,
        reload_dirs=[str(Path(__file__).parent.parent)] if reload else None,
        server_header=False,
        proxy_headers=False,  # the application does it, by server.trusted_proxies (see pamps.app)
    )


def require_free_port(host: str, port: int) -> None:
    """Fail with one line, and before anything is changed, where the server could not listen."""
    for family, address in addresses_of(host, port):
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            # As the server binds: a port is free although old connections of it are still dying.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            try:
                probe.bind(address)
            except OSError as error:
                if error.errno == errno.EADDRINUSE:
                    fail(f"Port {port} of {host} is taken; choose another with --port.")
                fail(f"Cannot listen on port {port} of {host}: {error.strerror}.")


def addresses_of(host: str, port: int) -> list[tuple[int, Any]]:
    """The families and addresses that a host name stands for on this machine."""
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (socket.gaierror, UnicodeError):
        fail(f"There is no host named {host}; choose another with --host.")
    # A name may have an address of a family that this machine does not speak; the server skips it, too.
    usable = {(family, address) for family, *_, address in found if speaks(family, str(address[0]))}
    return sorted(usable) or [(family, address) for family, *_, address in found]


def speaks(family: int, address: str) -> bool:
    """Whether this machine can bind the address to any port, which only shows whether it is its own."""
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.bind((address, 0))
    except OSError:
        return False
    return True


def introduce(host: str, port: int) -> None:
    """Say on stderr what is served from where, and warn of a key that everybody knows."""
    from pamps.config import PUBLISHED_KEY, settings

    console = Console(stderr=True, soft_wrap=True, markup=False, highlight=False)
    database = settings.db.url.set(query={}).render_as_string(hide_password=True)  # passwords go there, too
    shown = f"[{host}]" if ":" in host else host
    # Port 0 is any free one; the server tells which.
    docs = f"http://{shown}:{port}/docs" if port else "/docs"
    if settings.server.url:
        docs = f"{settings.server.url}/docs"
    console.print(f"Pamps {__version__} ({settings.env}) on {database}, docs at {docs}")
    if settings.security.secret_key == PUBLISHED_KEY and not is_loopback(host, port):
        console.print(
            "WARNING: the key that signs tokens is the published one, and others can reach this address:"
            " anybody can sign in as anybody. Set PAMPS_SECURITY__secret_key.",
            style="bold red",
        )


def is_loopback(host: str, port: int) -> bool:
    """Whether only this machine reaches the address."""
    # An IPv6 address may name its interface behind a percent sign.
    return all(ip_address(address[0].split("%")[0]).is_loopback for _, address in addresses_of(host, port))
