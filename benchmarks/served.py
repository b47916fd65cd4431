"""The application that is measured: the real one, with a constant route like that of the ceiling added last.

The only file of the benchmark that knows how Pamps builds routes.
"""

from pamps.app import create_app
from pamps.http.route import make_router

router = make_router("/constant", "constant")


@router.get("/", response_model=None)
def constant() -> dict[str, str]:
    """The same constant as in the bare application, served like every other route."""
    return {"status": "ok"}


app = create_app()
app.include_router(router)
