"""`POST /v1/token` for client systems, `POST /v1/session` for people."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import Field

from api.auth.callers import address_allowed, address_of
from api.auth.client_auth import (
    TokenRefused,
    TokenRequest,
    not_known,
    read_token_request,
)
from api.context import ApiContext, ContextDep
from api.http.checked_bodies import CheckedBody
from api.tokens import LIFE
from centre.access import sign_in as signing_in
from centre.access.contracts import MAX_PASSWORD, MIN_PASSWORD, SignInAttempt
from centre.clients.authentication import authenticate, note_use
from centre.clients.models import Authenticated, Client
from core.base import Model
from core.errors import FieldError, Invalid
from core.words import Role, Scope

router = APIRouter(prefix="/v1", tags=["tokens"], route_class=CheckedBody)

_FORM = "application/x-www-form-urlencoded"
_NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}
_SECONDS = int(LIFE.total_seconds())


class TokenAnswer(Model):
    """An access token (RFC 6749 section 5.1)."""

    access_token: str = Field(repr=False)
    token_type: str = "Bearer"
    expires_in: int = Field(default=_SECONDS, examples=[900])
    scope: str = Field(examples=["messages:read messages:send"])


class TokenError(Model):
    """Why there is no token (RFC 6749 section 5.2)."""

    error: str = Field(examples=["invalid_client"])
    error_description: str


class TokenForm(Model):
    """The form of a token request; the key and secret may come as HTTP Basic."""

    grant_type: str = Field(examples=["client_credentials"])
    client_id: str | None = Field(default=None, description="The appkey.")
    client_secret: str | None = Field(default=None, description="The appsecret.")
    scope: str | None = Field(default=None, examples=["messages:send"])


class SessionRequest(Model):
    """A person's user name and password; `code` where two-factor is on."""

    username: str = Field(min_length=1, max_length=64, examples=["admin"])
    password: str = Field(min_length=1, max_length=256, repr=False)
    code: str | None = Field(
        default=None,
        min_length=1,
        max_length=32,
        repr=False,
        description="Six digits of the app, or a recovery code.",
    )


class PasswordChange(SessionRequest):
    """A person's present password, and the new one."""

    new_password: str = Field(
        min_length=MIN_PASSWORD,
        max_length=MAX_PASSWORD,
        repr=False,
        examples=["a phrase of my own"],
    )


class SessionAnswer(Model):
    """The token of a person who signed in."""

    access_token: str = Field(repr=False)
    token_type: str = "Bearer"
    expires_in: int = Field(default=_SECONDS, examples=[900])
    role: Role


def _documented() -> dict[str, Any]:
    schema = TokenForm.model_json_schema()
    return {"requestBody": {"required": True, "content": {_FORM: {"schema": schema}}}}


@router.post(
    "/token",
    response_model=TokenAnswer,
    responses={400: {"model": TokenError}, 401: {"model": TokenError}},
    openapi_extra=_documented(),
)
async def get_token(request: Request, context: ContextDep) -> JSONResponse:
    """Exchange an appkey and its secret for an access token (client credentials)."""
    try:
        asked = read_token_request(request.headers, await request.body())
        client = await _authenticated(context, asked, address_of(request))
        scopes = _scopes(client, asked.scopes)
    except TokenRefused as refusal:
        return _refused(refusal)
    token = context.tokens.for_client(
        client.code, client.epoch, scopes, client.secret_id
    )
    answer = TokenAnswer(access_token=token, scope=" ".join(sorted(scopes)))
    return JSONResponse(answer.model_dump(), headers=_NO_STORE)


def _refused(refusal: TokenRefused) -> JSONResponse:
    headers = dict(_NO_STORE)
    if refusal.status == 401:
        headers["WWW-Authenticate"] = 'Basic realm="hospital-message-centre"'
    body = TokenError(error=refusal.error, error_description=refusal.description)
    return JSONResponse(body.model_dump(), refusal.status, headers)


async def _authenticated(
    context: ApiContext, asked: TokenRequest, address: str
) -> Authenticated:
    """Return the client whose secret this is; guessing is slowed down.

    Nobody guesses 256 random bits: what others at an address got wrong is no
    reason to keep out who has a right secret.
    """
    pair = f"{asked.appkey}|{address}"
    context.guesses.check(pair)
    client = await authenticate(context, asked.appkey, asked.appsecret)
    if client is None or not address_allowed(client, address):
        context.guesses_from.check(address)
        context.guesses.note(pair)
        context.guesses_from.note(address)
        raise not_known()
    context.guesses.forget(pair)
    await note_use(context, client)
    return client


def _scopes(client: Client, asked: frozenset[str]) -> frozenset[Scope]:
    """Return the scopes of the token: all the client's, or those asked for."""
    if not asked <= frozenset(map(str, client.scopes)):
        raise TokenRefused("invalid_scope", "This client has no such scope.")
    return frozenset(Scope(s) for s in asked) or client.scopes


@router.post("/session")
async def sign_in(
    body: SessionRequest, request: Request, context: ContextDep
) -> SessionAnswer:
    """Sign a person in; 403 says what they have to do first."""
    attempt = _attempt(body, request)
    user = await signing_in.sign_in(context, context.sign_ins, attempt)
    signing_in.refuse_unready(user, context.settings)
    token = context.tokens.for_person(user.username, user.epoch, user.role)
    return SessionAnswer(access_token=token, role=user.role)


@router.post("/session/password", status_code=204)
async def change_password(
    body: PasswordChange, request: Request, context: ContextDep
) -> None:
    """Change one's own password; every token and session of the person ends."""
    attempt, new = _attempt(body, request), body.new_password
    try:
        await signing_in.change_password(context, context.sign_ins, attempt, new)
    except Invalid as refused:
        field_errors = [
            FieldError("/new_password", one.detail) for one in refused.errors
        ]
        raise Invalid(str(refused), field_errors) from None


def _attempt(body: SessionRequest, request: Request) -> SignInAttempt:
    return SignInAttempt(
        username=body.username,
        password=body.password,
        code=body.code,
        address=address_of(request),
    )
