"""A real browser, driven over the Chrome DevTools Protocol."""

import itertools
import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
from websockets.sync.client import ClientConnection, connect

from tests.support.processes import PATIENCE_SECONDS, stop

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
OPTIONS = (
    "--headless --no-sandbox --disable-gpu --no-first-run --window-size=1200,800 --remote-debugging-port=0"
)
OFFLINE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"


@dataclass
class Page:
    """A tab. `complaints` collects console warnings, such as scripts blocked by the content security policy,
    uncaught errors, and dialogs opened by scripts."""

    connection: ClientConnection
    complaints: list[str] = field(default_factory=list)
    _loaded: set[str] = field(default_factory=set)
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a protocol command and return its result."""
        number = next(self._numbers)
        self.connection.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while (answer := self._receive()).get("id") != number:
            pass
        assert "error" not in answer, answer
        return dict(answer["result"])

    def _receive(self) -> dict[str, Any]:
        """The next message: a response, or an event, which is recorded."""
        message = dict(json.loads(self.connection.recv(PATIENCE_SECONDS)))
        match message.get("method"), message.get("params"):
            case "Page.lifecycleEvent", {"name": "load", "loaderId": loader}:
                self._loaded.add(loader)
            case "Log.entryAdded", {"entry": {"level": "warning" | "error", "text": text}}:
                self.complaints.append(text)
            case (("Runtime.exceptionThrown" | "Page.javascriptDialogOpening"), details):
                self.complaints.append(json.dumps(details))
        return message

    def go(self, url: str) -> None:
        """Open a URL; returns when the page is loaded. If only the fragment differs, the page must reload
        itself."""
        before = set(self._loaded)
        loader = self.call("Page.navigate", url=url).get("loaderId")
        while (loader not in self._loaded) if loader else (self._loaded == before):
            self._receive()

    def run(self, script: str) -> Any:
        """The value of an expression in the page; promises are awaited."""
        answer = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def wait_for(self, condition: str) -> None:
        """Wait until an expression in the page is true."""
        look = f"const look = () => ({condition}) ? done() : requestAnimationFrame(look); look();"
        self.run(f"new Promise(done => {{ {look} }})")

    def click(self, selector: str) -> None:
        """Click on an element as soon as it exists."""
        self.wait_for(f"document.querySelector({json.dumps(selector)})")
        self.run(f"document.querySelector({json.dumps(selector)}).click()")

    def type(self, selector: str, text: str) -> None:
        """Type text into an element."""
        self.run(f"document.querySelector({json.dumps(selector)}).focus()")
        self.call("Input.insertText", text=text)


@dataclass
class Browser:
    """A running browser with an empty profile."""

    port: int
    _tabs: ExitStack

    def open(self, url: str) -> Page:
        """Open a new tab at a URL."""
        tab = httpx2.put(f"http://127.0.0.1:{self.port}/json/new?about:blank").json()
        connection = connect(tab["webSocketDebuggerUrl"], proxy=None, max_size=None)
        page = Page(self._tabs.enter_context(connection))
        for domain in ("Page", "Log", "Runtime"):
            page.call(f"{domain}.enable")
        page.call("Page.setLifecycleEventsEnabled", enabled=True)
        page.go(url)
        return page


@contextmanager
def running_browser(folder: Path, *options: str) -> Iterator[Browser]:
    """Run a browser that can reach only this machine, with its profile in `folder`."""
    assert CHROMIUM is not None
    command = [CHROMIUM, *OPTIONS.split(), OFFLINE, *options, f"--user-data-dir={folder}/profile"]
    log = folder / "browser.log"
    with log.open("w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    try:
        with ExitStack() as tabs:
            yield Browser(_wait_for_port(process, folder / "profile" / "DevToolsActivePort", log), tabs)
    finally:
        stop(process)


def _wait_for_port(process: subprocess.Popen[bytes], file: Path, log: Path) -> int:
    """The port of the DevTools protocol, which the browser writes into the first line of a file."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if file.exists() and "\n" in (written := file.read_text()):
            return int(written.split("\n")[0])
        time.sleep(0.02)
    raise AssertionError(f"The browser did not start:\n{log.read_text()}")
