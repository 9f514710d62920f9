"""Signing in and out, and a sign of life. Of these, only signing out needs a token."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from services.backend.access.auth import Access
from services.backend.access.client_address import client_key
from services.backend.access.schemas import Alive, Session, SignIn
from services.backend.errors import Conflict

router = APIRouter(tags=["session"])


def _access(request: Request) -> Access | None:
    access: Access | None = request.app.state.access
    return access


AccessOf = Annotated[Access | None, Depends(_access)]


@router.get("/alive")
async def read_alive() -> Alive:
    """Answer that the backend serves, for health checks; `/api/health` says whether all is well."""
    return Alive(status="ok")


@router.get("/session")
async def read_session(request: Request, access: AccessOf) -> Session:
    """Check whether this backend needs a token, and whether this browser has shown it."""
    return Session(required=access is not None, signed_in=access is not None and access.session_left_s(request) > 0)


@router.post("/session")
async def sign_in(body: SignIn, request: Request, response: Response, access: AccessOf) -> Session:
    """Show the token once: the answer sets a cookie that replaces it for thirty days and is renewed by use."""
    if access is None:
        raise Conflict("no_token", "This Loradeck asks for no token.", "Go on without one.")
    await access.check(body.token.get_secret_value(), client_key(request.scope))
    access.sign_in(response.headers, request.scope)
    return Session(required=True, signed_in=True)


@router.delete("/session", status_code=204)
async def sign_out(request: Request, access: AccessOf) -> Response:
    """Drop the cookie. Other browsers stay signed in; a new token signs everybody out."""
    response = Response(status_code=204)
    if access is not None:
        access.sign_out(response.headers, request.scope)
    return response
