"""Running the server."""

import errno
import os
import socket
from copy import deepcopy
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from pamps import __version__
from pamps.cli.failures import fail


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on. \\[server.host]")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port to listen on. \\[server.port]")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Number of worker processes. \\[server.workers]")
    ] = None,
    reload: Annotated[bool, typer.Option("--reload", help="Restart when the code changes.")] = False,
) -> None:
    """Migrate the database to the newest schema and serve the API."""
    if port:
        # Before the settings are read: links in mails contain the port, and the workers read settings, too.
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
        access_log=False,  # the application writes it, by server.access_log (see pamps.app)
        log_config=log_config(),
        proxy_headers=False,  # done by the application, for server.trusted_proxies (see pamps.app)
    )


def log_config() -> dict[str, Any]:
    """uvicorn's own, and the access log of Pamps on standard output in the same form."""
    from uvicorn.config import LOGGING_CONFIG

    config = deepcopy(LOGGING_CONFIG)
    config["formatters"]["pamps.access"] = {"format": "%(levelname)s:     %(message)s"}
    config["handlers"]["pamps.access"] = {
        "class": "logging.StreamHandler",
        "formatter": "pamps.access",
        "stream": "ext://sys.stdout",
    }
    config["loggers"]["pamps.access"] = {"handlers": ["pamps.access"], "level": "INFO", "propagate": False}
    return config


def require_free_port(host: str, port: int) -> None:
    """Fail with one line, before anything is changed, if the server could not listen there."""
    for family, address in addresses_of(host, port):
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            # As the server does: lingering connections in TIME_WAIT do not make a port unavailable.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            try:
                probe.bind(address)
            except OSError as error:
                if error.errno == errno.EADDRINUSE:
                    fail(f"Port {port} of {host} is in use; choose another with --port.")
                fail(f"Cannot listen on port {port} of {host}: {error.strerror}.")


def addresses_of(host: str, port: int) -> list[tuple[int, Any]]:
    """The address families and addresses to which a host name resolves on this machine."""
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (socket.gaierror, UnicodeError):
        fail(f"Cannot resolve the host name {host}; choose another with --host.")
    # A name may have an address of a family that this machine does not support; the server skips it, too.
    usable = {(family, address) for family, *_, address in found if speaks(family, str(address[0]))}
    return sorted(usable) or [(family, address) for family, *_, address in found]


def speaks(family: int, address: str) -> bool:
    """Whether this machine can bind the address, tried with a free port to test only the address."""
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.bind((address, 0))
    except OSError:
        return False
    return True


def introduce(host: str, port: int) -> None:
    """Print version, database and address on stderr, and warn if the published key is in use."""
    from pamps.config import PUBLISHED_KEY, settings

    console = Console(stderr=True, soft_wrap=True, markup=False, highlight=False)
    database = settings.db.url.set(query={}).render_as_string(hide_password=True)  # may hold a password
    shown = f"[{host}]" if ":" in host else host
    # Port 0 picks a free one, which the server prints.
    docs = f"http://{shown}:{port}/docs" if port else "/docs"
    if settings.server.url:
        docs = f"{settings.server.url}/docs"
    console.print(f"Pamps {__version__} ({settings.env}) on {database}, docs at {docs}")
    if settings.security.secret_key == PUBLISHED_KEY and not is_loopback(host, port):
        console.print(
            "WARNING: tokens are signed with the published key, and this address is reachable from other"
            " machines: anyone can sign in as any user. Set PAMPS_SECURITY__secret_key.",
            style="bold red",
        )


def is_loopback(host: str, port: int) -> bool:
    """Whether the address is reachable only from this machine."""
    # An IPv6 address may have a zone id, after a percent sign.
    return all(ip_address(address[0].split("%")[0]).is_loopback for _, address in addresses_of(host, port))
