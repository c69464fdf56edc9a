"""Who is calling, and whether they may: a token checked against the store."""

import ipaddress
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.openapi.models import OAuthFlowClientCredentials, OAuthFlows
from fastapi.security import HTTPBearer, OAuth2
from starlette.requests import HTTPConnection

from api.context import ApiContext
from api.http.access_log import KNOWN
from api.tokens import Claims, refused
from centre.access import sign_in as signing_in
from centre.access import users
from centre.audit.audit import Actor
from centre.clients.authentication import holder_of_token
from centre.clients.models import Client
from core.errors import Forbidden
from core.words import Role, Scope

# These two describe the tokens in the OpenAPI document; `_claims` checks them.
_CLIENT_SCHEME = OAuth2(
    scheme_name="client",
    description="A client system's token: its appkey and appsecret at /v1/token.",
    flows=OAuthFlows(
        clientCredentials=OAuthFlowClientCredentials(
            tokenUrl="/v1/token", scopes={s.value: s.value for s in Scope}
        )
    ),
    auto_error=False,
)
_PERSON_SCHEME = HTTPBearer(
    scheme_name="person",
    bearerFormat="JWT",
    description="The token of a person who signed in at /v1/session.",
    auto_error=False,
)


@dataclass(frozen=True)
class Caller:
    """A client system, or a person with a role."""

    name: str
    address: str
    client: Client | None = None
    role: Role | None = None
    scopes: frozenset[str] = frozenset()

    @property
    def actor(self) -> Actor:
        """Who the audit log names."""
        return Actor(who=self.name, role=self.role or "client", address=self.address)

    @property
    def sender(self) -> Client:
        """The client system that sends; Forbidden where a person calls."""
        if self.client is None:
            raise Forbidden("Only client systems send messages.")
        return self.client

    @property
    def only(self) -> str | None:
        """The client whose messages alone this caller may know of; None: all."""
        return self.client.code if self.client else None


def address_of(request: HTTPConnection) -> str:
    """Return the address a request comes from."""
    return request.client.host if request.client else ""


def address_allowed(client: Client, address: str) -> bool:
    """Tell whether a client may call from this address."""
    return not client.cidrs or is_within(client.cidrs, address)


def is_within(networks: Iterable[str], address: str) -> bool:
    """Tell whether an address lies in one of some networks."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    return any(ip in ipaddress.ip_network(cidr, strict=False) for cidr in networks)


def _bearer(request: HTTPConnection) -> str:
    """Return the token of a request that carries exactly one."""
    given = request.headers.getlist("authorization")
    if len(given) != 1:
        raise refused()
    scheme, _, token = given[0].partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise refused()
    return token.strip()


async def known_caller(request: HTTPConnection) -> Caller:
    """Return who makes a request; Unauthenticated where its token is not sound."""
    context: ApiContext = request.app.state.context
    claims = context.tokens.read(_bearer(request))
    address = address_of(request)
    of_kind = _client if claims.kind == "client" else _person
    caller = await of_kind(context, claims, address)
    request.scope[KNOWN] = True
    return caller


async def _client(context: ApiContext, claims: Claims, address: str) -> Caller:
    held = claims.sub, claims.epoch, claims.secret_id
    client = await holder_of_token(context, *held)
    if client is None:
        raise refused()
    if not address_allowed(client, address):
        raise Forbidden("This client may not call from this address.")
    scopes = claims.scopes & frozenset(map(str, client.scopes))
    return Caller(client.code, address, client=client, scopes=scopes)


async def _person(context: ApiContext, claims: Claims, address: str) -> Caller:
    user = await users.holder_of_token(context, claims.sub, claims.epoch)
    if user is None:
        raise refused()
    signing_in.refuse_unready(user, context.settings)
    return Caller(user.username, address, role=user.role)


async def _caller(request: Request) -> Caller:
    return await known_caller(request)


CallerDep = Annotated[Caller, Depends(_caller)]
Check = Callable[[Caller], Awaitable[Caller]]


def _client_with(scope: Scope) -> Check:
    async def check(caller: CallerDep) -> Caller:
        if caller.client is None or scope not in caller.scopes:
            raise Forbidden(f"This needs a client's token with the scope {scope}.")
        return caller

    return check


def _person_with(*roles: Role) -> Check:
    async def check(caller: CallerDep) -> Caller:
        if caller.role not in roles:
            raise Forbidden("This needs the role " + " or ".join(roles) + ".")
        return caller

    return check


def _client_or_person(scope: Scope, *roles: Role) -> Check:
    async def check(caller: CallerDep) -> Caller:
        if caller.role not in roles and scope not in caller.scopes:
            raise Forbidden("This token may not do this.")
        return caller

    return check


_AS_CLIENT = Security(_CLIENT_SCHEME)
_AS_PERSON = Security(_PERSON_SCHEME)

SendingClient = Annotated[Caller, Depends(_client_with(Scope.MESSAGES_SEND))]
may_send_batches = _client_with(Scope.BATCHES_SEND)
BatchSender = Annotated[Caller, Depends(may_send_batches)]
Reader = Annotated[Caller, Depends(_client_or_person(Scope.MESSAGES_READ, *Role))]
Canceller = Annotated[
    Caller,
    Depends(_client_or_person(Scope.MESSAGES_CANCEL, Role.OPERATOR, Role.ADMIN)),
]
Acknowledger = Annotated[
    Caller,
    Depends(_client_or_person(Scope.MESSAGES_ACKNOWLEDGE, Role.OPERATOR, Role.ADMIN)),
]
InboxReader = Annotated[Caller, Depends(_client_with(Scope.INBOX_READ))]
may_operate = _person_with(Role.OPERATOR, Role.ADMIN)
Operator = Annotated[Caller, Depends(may_operate)]
Admin = Annotated[Caller, Depends(_person_with(Role.ADMIN))]
may_look = _person_with(*Role)
Looker = Annotated[Caller, Depends(may_look)]
Auditor = Annotated[Caller, Depends(_person_with(Role.AUDITOR, Role.ADMIN))]

# For a route's `dependencies=`: what the OpenAPI document says it takes.
CLIENTS = [_AS_CLIENT]
PEOPLE = [_AS_PERSON]
EITHER = [_AS_CLIENT, _AS_PERSON]
