"""Speaks to a running centre, as a client system or as a person."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx
import typer

from centre.access.sign_ins import CODE_NEEDED
from core.identities import ADDRESSES, normalise
from core.words import Channel, IdentityType

Document = dict[str, Any]
FINAL = {"delivered", "failed", "cancelled", "expired"}


class Refused(Exception):
    """The centre did not do what was asked; the text is its own reason."""


class NotSignedIn(Refused):
    """The centre does not take these credentials."""

    def __init__(self, reason: str, code_needed: bool) -> None:
        super().__init__(reason)
        self.code_needed = code_needed


class Remote:
    """A signed-in connection to a centre's API."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def get(self, path: str, **query: str) -> Document:
        """Return the document at a path."""
        return await self._ask("GET", path, params=query)

    async def post(
        self, path: str, body: Document, headers: Mapping[str, str] | None = None
    ) -> Document:
        """Post a document; return the answer."""
        return await self._ask("POST", path, json=body, headers=headers)

    async def put(self, path: str, body: Document) -> Document:
        """Put a document; return the answer."""
        return await self._ask("PUT", path, json=body)

    async def patch(self, path: str, body: Document) -> Document:
        """Change some of what is at a path."""
        return await self._ask("PATCH", path, json=body)

    async def delete(self, path: str) -> None:
        """Delete what is at a path."""
        await self._ask("DELETE", path)

    async def _ask(self, method: str, path: str, **request: Any) -> Document:
        try:
            answer = await self._http.request(method, path, **request)
        except httpx.HTTPError as error:
            raise Refused(_unreachable(self._http.base_url, error)) from None
        return read(answer)


@asynccontextmanager
async def as_client(url: str, appkey: str, secret: str) -> AsyncIterator[Remote]:
    """Sign in as a client system (RFC 6749 section 4.4)."""
    form = {
        "grant_type": "client_credentials",
        "client_id": appkey,
        "client_secret": secret,
    }
    async with _signed_in(url, "/v1/token", {"data": form}) as remote:
        yield remote


@asynccontextmanager
async def as_person(url: str, username: str, password: str) -> AsyncIterator[Remote]:
    """Sign in as a person."""
    body = {"username": username, "password": password}
    async with _signed_in(url, "/v1/session", {"json": body}) as remote:
        yield remote


@asynccontextmanager
async def _signed_in(
    url: str, path: str, credentials: Mapping[str, Any]
) -> AsyncIterator[Remote]:
    """Fetch a token and send it with every request."""
    async with httpx.AsyncClient(base_url=url, timeout=30) as http:
        try:
            answer = await http.post(path, **credentials)
        except httpx.HTTPError as error:
            raise Refused(_unreachable(http.base_url, error)) from None
        token = _signing_in(answer)["access_token"]
        http.headers["Authorization"] = f"Bearer {token}"
        yield Remote(http)


def _signing_in(answer: httpx.Response) -> Document:
    """Return the answer to signing in; NotSignedIn where that was refused."""
    try:
        return read(answer)
    except Refused as refusal:
        if answer.status_code != httpx.codes.UNAUTHORIZED:
            raise
        raise NotSignedIn(str(refusal), CODE_NEEDED in str(refusal)) from None


def read(answer: httpx.Response) -> Document:
    """Return an answer's document, or raise Refused with the reason it gives."""
    if answer.status_code == httpx.codes.NO_CONTENT:
        return {}
    try:
        document: Document = answer.json()
    except ValueError:
        document = {"title": "no JSON in the answer"}
    if answer.is_success:
        return document
    raise Refused(f"{answer.status_code} {_reason(document)}")


def _reason(document: Document) -> str:
    """Put the parts of a problem (RFC 9457) or an OAuth error into lines."""
    names = ("title", "detail", "error", "error_description")
    head = ": ".join(str(document[name]) for name in names if document.get(name))
    wrong = [f"  {e['pointer']}  {e['detail']}" for e in document.get("errors", ())]
    return "\n".join([head, *wrong])


def _unreachable(url: httpx.URL, error: httpx.HTTPError) -> str:
    return f"The centre does not answer at {url} ({type(error).__name__})."


def message(
    type_: str,
    identities: dict[str, str],
    params: dict[str, str],
    name: str | None,
    channels: list[str] | None,
    reference: str | None,
) -> Document:
    """Return the body of a message; what was not given is left out."""
    recipient = {"identities": identities, "name": name}
    body = {
        "type": type_,
        "recipient": {k: v for k, v in recipient.items() if v},
        "params": params,
        "channels": channels,
        "reference": reference,
    }
    return {k: v for k, v in body.items() if v}


async def try_channel(
    remote: Remote, channel: str, recipient: str, account: str | None
) -> str:
    """Send one test; return what the provider said, Refused where it is no yes."""
    found = await remote.post(*trial_of(channel, recipient, account))
    names = ("provider", "code", "provider_message_id")
    told = [found["verdict"], *(f"{n}={found[n]}" for n in names if found[n])]
    if found["verdict"] not in {"taken", "delivered"}:
        raise Refused(" ".join(told))
    return " ".join(told)


def trial_of(channel: str, recipient: str, account: str | None) -> tuple[str, Document]:
    """Return where a test of a channel is posted, and its body.

    A recipient without a type is of the kind by which the channel usually reaches
    people.
    """
    if channel not in set(Channel):
        raise Refused(f"There is no such channel; there are {', '.join(Channel)}.")
    kind, value = _recipient(Channel(channel), recipient)
    of = f"/accounts/{account}" if account else ""
    body = {"identity_type": kind.value, "value": value}
    return f"/v1/admin/channels/{channel}{of}/test", body


def _recipient(channel: Channel, recipient: str) -> tuple[IdentityType, str]:
    """Return whom a test goes to; Refused, naming the argument, where it can't."""
    usable = ADDRESSES[channel]
    name, equals, value = recipient.partition("=")
    kind = next((k for k in usable if k == name), None) if equals else usable[0]
    if kind is None:
        raise Refused(_why_not(channel, name in set(IdentityType)))
    value = value if equals else recipient
    try:
        normalise(kind, value)
    except ValueError as error:
        raise Refused(f"RECIPIENT: the {kind} {error}.") from None
    return kind, value


def _why_not(channel: Channel, known: bool) -> str:
    why = "not one that this channel can use" if known else "no type of identity"
    types = ", ".join(ADDRESSES[channel])
    return f"RECIPIENT: what stands before the = is {why}; {channel} takes {types}."


def pairs(given: list[str]) -> dict[str, str]:
    """Return `name=value` arguments as a dictionary."""
    split = [text.partition("=") for text in given]
    if any(not equals for _, equals, _ in split):
        raise typer.BadParameter("give it as name=value")
    return {name: value for name, _, value in split}


async def outcome_of(remote: Remote, message_id: str) -> Document:
    """Return a message's status once it has ended (or waits for a resend)."""
    while True:
        found = await remote.get(f"/v1/messages/{message_id}")
        if found["status"] in FINAL:
            return found
        await asyncio.sleep(0.5)
