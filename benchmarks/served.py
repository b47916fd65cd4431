"""What is measured: the application as it is, and in the same process the ceiling to measure it by.

It knows nothing of being measured. Which routes are asked, how often and by whom is decided outside.
"""

from pamps.app import create_app

app = create_app()


# No response model, which would only cost time: the ceiling is to be as high as it can be.
@app.get("/ceiling/", response_model=None)
def ceiling() -> dict[str, str]:
    """A constant from a plain synchronous route."""
    return {"status": "ok"}
