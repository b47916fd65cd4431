"""The pages that links in mails lead to. They are static files, the same for all users."""

from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse

FOLDER = Path(__file__).parent / "pages"
HEADERS = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
        " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
}

router = APIRouter(include_in_schema=False)


@router.get("/password_reset/")
async def show_password_reset() -> FileResponse:
    """The page for setting a new password."""
    return FileResponse(FOLDER / "password_reset.html", headers=HEADERS)


@router.get("/email_confirmation/")
async def show_email_confirmation() -> FileResponse:
    """The page for confirming an e-mail address."""
    return FileResponse(FOLDER / "email_confirmation.html", headers=HEADERS)
