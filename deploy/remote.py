"""Speaks to a running centre, as a client system or as a person."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx

Document = dict[str, Any]


class Refused(Exception):
    """The centre did not do what was asked; the text is its own reason."""


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
            answer = read(await http.post(path, **credentials))
        except httpx.HTTPError as error:
            raise Refused(_unreachable(http.base_url, error)) from None
        http.headers["Authorization"] = f"Bearer {answer['access_token']}"
        yield Remote(http)


def read(answer: httpx.Response) -> Document:
    """Return an answer's document, or raise Refused with the reason it gives."""
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
