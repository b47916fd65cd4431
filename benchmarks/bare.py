"""The ceiling: a bare FastAPI application with one constant route, served by `python -m benchmarks.bare`.

It runs in its own process and imports nothing from Pamps.
"""

from typing import Any

import uvicorn
from fastapi import FastAPI

APP = "benchmarks.bare:app"
PATH = "/ceiling/"
# The options that `pamps serve` passes to uvicorn, but without the access log.
OPTIONS: dict[str, Any] = {
    "host": "127.0.0.1",
    "port": 0,
    "workers": 1,
    "reload": False,
    "reload_dirs": None,
    "server_header": False,
    "proxy_headers": False,
    "access_log": False,
}

app = FastAPI()


# A response model would only cost time, and the ceiling should be as high as possible.
@app.get(PATH, response_model=None)
def ceiling() -> dict[str, str]:
    """A constant from a plain synchronous route."""
    return {"status": "ok"}


if __name__ == "__main__":
    uvicorn.run(APP, **OPTIONS)
