"""Two-factor authentication."""

from pamps.auth import CurrentSession, FreshSession
from pamps.errors import FreshTokenRequired, SessionRequired, Unauthorized
from pamps.http.dependencies import ClientDep, SessionDep
from pamps.http.openapi import refusals
from pamps.http.route import make_router
from pamps.models.totp import OtpRequest, RecoveryCodesResponse, TotpResponse, TotpSecretResponse
from pamps.queries import totp as totp_queries
from pamps.services import totp as totp_service
from pamps.services.totp import AppMismatch, TotpEnabled, TotpNotEnabled

router = make_router("/user/me/totp", "two factors", store=False)

FRESH = (Unauthorized, FreshTokenRequired, SessionRequired)


@router.get("/", responses=refusals(Unauthorized, SessionRequired))
def show_totp(viewer: CurrentSession, session: SessionDep) -> TotpResponse:
    """Show whether two-factor authentication is on."""
    left = totp_queries.count_recovery_codes(session, viewer)
    return TotpResponse(enabled=totp_queries.has_totp(session, viewer), recovery_codes_left=left)


@router.post("/", status_code=201, responses=refusals(*FRESH, TotpEnabled))
def start_totp(viewer: FreshSession, session: SessionDep) -> TotpSecretResponse:
    """Create a secret for an authenticator app. It takes effect once `confirm` receives a code from the
    app."""
    secret, uri = totp_service.start(session, viewer)
    return TotpSecretResponse(secret=secret, uri=uri)


@router.post("/confirm/", responses=refusals(*FRESH, AppMismatch, TotpEnabled, TotpNotEnabled))
def confirm_totp(
    body: OtpRequest, viewer: FreshSession, client: ClientDep, session: SessionDep
) -> RecoveryCodesResponse:
    """Turn two-factor authentication on with a code from the app. The recovery codes are shown only once."""
    codes = totp_service.confirm(session, viewer, body.otp, client)
    return RecoveryCodesResponse(recovery_codes=codes)


@router.post("/recovery_codes/", responses=refusals(*FRESH, TotpNotEnabled))
def renew_recovery_codes(viewer: FreshSession, session: SessionDep) -> RecoveryCodesResponse:
    """Create new recovery codes. The old ones stop working."""
    return RecoveryCodesResponse(recovery_codes=totp_service.renew_recovery_codes(session, viewer))


@router.delete("/", status_code=204, responses=refusals(*FRESH))
def disable_totp(viewer: FreshSession, client: ClientDep, session: SessionDep) -> None:
    """Turn two-factor authentication off."""
    totp_service.disable(session, viewer, viewer, client)
