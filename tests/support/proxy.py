"""A real reverse proxy: nginx with the documented configuration."""

import os
import re
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import trustme

from tests.support.processes import PATIENCE_SECONDS, stop
from tests.support.server import REPOSITORY

NGINX = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
EXAMPLE = REPOSITORY / "docs" / "nginx.conf"
DOCUMENTED_NAME = "pamps.example.org"
HOST = "127.0.0.1"
SETTING = re.compile(r"^#   (PAMPS_\w+)=(\S+)$", re.MULTILINE)
# Runs as the user who runs the tests, and writes only into its own folder.
MAIN = """\
daemon off;
{user}
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""


@dataclass
class Proxy:
    """A proxy that serves at `url`, and at `plain_url` without TLS; `log` is its error log."""

    url: str
    plain_url: str
    trust: ssl.SSLContext
    log: Path

    def client(self, address: str = HOST, token: str | None = None) -> httpx2.Client:
        """A client that connects from one of this machine's addresses, such as 127.0.0.2."""
        transport = httpx2.HTTPTransport(verify=self.trust, local_address=address)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx2.Client(
            base_url=self.url, headers=headers, transport=transport, timeout=PATIENCE_SECONDS
        )


def documented_settings() -> dict[str, Any]:
    """The Pamps settings of the documented example, as environment variables."""
    return dict(SETTING.findall(EXAMPLE.read_text(encoding="utf-8").replace(DOCUMENTED_NAME, HOST)))


@contextmanager
def running_proxy(upstream: str, folder: Path, changes: dict[str, str] | None = None) -> Iterator[Proxy]:
    """Run the documented proxy in front of the server at `upstream`, with these changes to its
    configuration."""
    assert NGINX is not None
    # The sockets listen before nginx starts and inherits them: no port is lost to others, and no need to
    # wait.
    plain, tls = (socket.create_server((HOST, 0)) for _ in range(2))
    ports = [opened.getsockname()[1] for opened in (plain, tls)]
    trust = _write_configuration(upstream, folder, ports, changes or {})
    log = folder / "nginx.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [NGINX, "-p", str(folder), "-c", str(folder / "main.conf")],
            env={**os.environ, "NGINX": f"{plain.fileno()};{tls.fileno()};"},
            pass_fds=[plain.fileno(), tls.fileno()],
            stderr=output,
        )
    plain.close()
    tls.close()
    try:
        yield Proxy(f"https://{HOST}:{ports[1]}", f"http://{HOST}:{ports[0]}", trust, log)
    finally:
        stop(process)


def _write_configuration(
    upstream: str, folder: Path, ports: list[int], changes: dict[str, str]
) -> ssl.SSLContext:
    """Write the configuration of nginx into the folder; returns an SSL context that trusts its
    certificate."""
    authority = trustme.CA()
    certificate = authority.issue_cert(HOST)
    certificate.cert_chain_pems[0].write_to_path(folder / "chain.pem")
    certificate.private_key_pem.write_to_path(folder / "key.pem")
    letsencrypt = f"/etc/letsencrypt/live/{DOCUMENTED_NAME}"
    own = {
        f"{letsencrypt}/fullchain.pem": f"{folder}/chain.pem",
        f"{letsencrypt}/privkey.pem": f"{folder}/key.pem",
        DOCUMENTED_NAME: HOST,
        "127.0.0.1:8000": upstream.removeprefix("http://"),
        "listen [::]:80;": "",
        "listen [::]:443 ssl;": "",
        "listen 80;": f"listen {HOST}:{ports[0]};",
        "listen 443 ssl;": f"listen {HOST}:{ports[1]} ssl;",
    }
    site = EXAMPLE.read_text(encoding="utf-8")
    for old, new in {**changes, **own}.items():
        assert old in site, old
        site = site.replace(old, new)
    (folder / "site.conf").write_text(site)
    # If run as root, workers must be told to be root as well, who owns this folder.
    user = "" if os.geteuid() else "user root;"
    (folder / "main.conf").write_text(MAIN.format(folder=folder, user=user))
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    return trust
