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
    """A tab. `complaints` are what its console warns of, such as a script that the content security policy
    refused, the errors that no script caught, and the dialogs that scripts opened."""

    connection: ClientConnection
    complaints: list[str] = field(default_factory=list)
    _loaded: set[str] = field(default_factory=set)
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command of the protocol; returns its result."""
        number = next(self._numbers)
        self.connection.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while (answer := self._receive()).get("id") != number:
            pass
        assert "error" not in answer, answer
        return dict(answer["result"])

    def _receive(self) -> dict[str, Any]:
        """The next message: an answer, or an event, which is noted."""
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
        """Open an address; returns when everything is loaded. Where only what follows the # is another one,
        the page has to load itself anew."""
        before = set(self._loaded)
        loader = self.call("Page.navigate", url=url).get("loaderId")
        while (loader not in self._loaded) if loader else (self._loaded == before):
            self._receive()

    def run(self, script: str) -> Any:
        """The value of an expression in the page; of a promise, what it becomes."""
        answer = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def wait_for(self, condition: str) -> None:
        """Return as soon as an expression in the page is true."""
        look = f"const look = () => ({condition}) ? done() : requestAnimationFrame(look); look();"
        self.run(f"new Promise(done => {{ {look} }})")

    def click(self, selector: str) -> None:
        """Click on what is there, or will be."""
        self.wait_for(f"document.querySelector({json.dumps(selector)})")
        self.run(f"document.querySelector({json.dumps(selector)}).click()")

    def type(self, selector: str, text: str) -> None:
        """Put text where a person would."""
        self.run(f"document.querySelector({json.dumps(selector)}).focus()")
        self.call("Input.insertText", text=text)


@dataclass
class Browser:
    """A browser with an empty profile."""

    port: int
    _tabs: ExitStack

    def open(self, url: str) -> Page:
        """A new tab at an address."""
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
    """A browser until the end of the block, which reaches this machine alone; its profile is in `folder`."""
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
    """The port at which the browser takes commands, which it writes into the first line of a file."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if file.exists() and "\n" in (written := file.read_text()):
            return int(written.split("\n")[0])
        time.sleep(0.02)
    raise AssertionError(f"The browser did not start:\n{log.read_text()}")
