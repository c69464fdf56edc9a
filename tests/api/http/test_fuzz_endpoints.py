"""No request of 64 kB holds the event loop: every endpoint, known callers or not."""

import gc
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_from_bytes

import pytest
import pytest_asyncio

from api.http.request_guard import FORM
from centre.receipts.address_queries import addresses
from core.words import Channel, Role
from tests.support.api.rig import Rig, running_api
from tests.support.api.routes import VALUES, Route, routes
from tests.support.api.schema_samples import grown, sample
from tests.support.strangers.hostile_texts import ALL, FEW, FORMS, TEXTS, as_json
from tests.support.strangers.hostile_texts import JSON as JSONS
from tests.support.strangers.loop_holds import Field, bound, call, holds_too_long, say

pytestmark = pytest.mark.asyncio(loop_scope="module")
JSON: Field = (b"content-type", b"application/json")
HEADERS = (
    *(b"authorization", b"content-type", b"accept-language", b"cookie"),
    *(b"idempotency-key", b"x-forwarded-for", b"forwarded", b"if-none-match"),
)
ROUTES = list(routes())


@dataclass(frozen=True)
class Request:
    """What is asked, and a name for it in a report."""

    name: str
    path: bytes
    query: bytes = b""
    headers: tuple[Field, ...] = ()
    body: bytes = b""


@dataclass(frozen=True)
class Fuzz:
    """A running API, and who knows how to speak to it."""

    rig: Rig
    admin: Field
    client: Field
    document: dict[str, Any]

    def token(self, route: Route) -> Field:
        """Return the header of who may use a route."""
        people = ("/v1/admin", "/v1/codec", "/v1/session")
        return self.admin if route.template.startswith(people) else self.client

    def operation(self, route: Route) -> dict[str, Any]:
        """Return what the document says of a route."""
        found: dict[str, Any] = self.document["paths"][route.template]
        operation: dict[str, Any] = found[route.method.lower()]
        return operation

    async def check(
        self, method: str, plain: Request, asked: Iterator[Request]
    ) -> None:
        """Fail where a request holds the loop, or breaks something."""
        most = await bound(lambda: self._ask(method, plain))
        held = [
            each.name
            for each in asked
            if await holds_too_long(lambda r=each: self._ask(method, r), most)  # type: ignore[misc]
        ]
        assert not held, f"{most:.3f} s: {held}"

    async def _ask(self, method: str, asked: Request) -> None:
        status = await call(
            self.rig.app, method, asked.path, asked.query, asked.headers, asked.body
        )
        assert status < 500 or status == 503, asked.name


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def fuzz(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Fuzz]:
    folder = tmp_path_factory.mktemp("fuzz") / "var"
    async with running_api(folder) as rig:
        admin, client = await rig.person(Role.ADMIN), await rig.client("his")
        # What lives as long as the tests is not looked through at each collection.
        gc.collect()
        gc.freeze()
        yield Fuzz(rig, field(admin), field(client), rig.app.openapi())
        gc.unfreeze()


def field(headers: dict[str, str]) -> Field:
    return b"authorization", headers["Authorization"].encode()


def named(route: Route) -> str:
    return f"{route.method} {route.template}"


@pytest.mark.parametrize("route", ROUTES, ids=named)
async def test_addresses(fuzz: Fuzz, route: Route) -> None:
    headers = (fuzz.token(route),)
    plain = Request("plain", route.path.encode(), headers=headers)
    await fuzz.check(route.method, plain, _addresses(fuzz, route, headers))


def _addresses(
    fuzz: Fuzz, route: Route, headers: tuple[Field, ...]
) -> Iterator[Request]:
    for parameter in fuzz.operation(route).get("parameters", ()):
        name = parameter["name"]
        for unit, text in FEW.items():
            told = f"{name} {unit!r}"
            escaped = quote_from_bytes(text.encode()[:20_000])
            if parameter["in"] == "path":
                path = route.template.format(**VALUES | {name: escaped}).encode()
                yield Request(told, path, headers=headers)
            elif parameter["in"] == "query":
                query = f"{name}={escaped}".encode()
                yield Request(told, route.path.encode(), query, headers)


@pytest.mark.parametrize("route", [r for r in ROUTES if r.takes_body], ids=named)
async def test_bodies(fuzz: Fuzz, route: Route) -> None:
    token = fuzz.token(route)
    asked = fuzz.operation(route).get("requestBody", {}).get("content", {})
    schema = asked.get("application/json", {}).get("schema")
    value = sample(schema, fuzz.document) if schema else None
    path, headers = route.path.encode(), (JSON, token)
    plain = Request("plain", path, headers=headers, body=as_json(value))

    def bodies() -> Iterator[Request]:
        # The guard reads what anybody sends, alike for all: see below.
        yield Request("anybody", path, headers=(JSON,), body=JSONS["objects"])
        for name, other in grown(value):
            body = as_json(other)
            yield Request(f"known: {name}", path, headers=headers, body=body)

    await fuzz.check(route.method, plain, bodies())


async def test_what_anybody_sends(fuzz: Fuzz) -> None:
    for path in (b"/v1/session", b"/v1/batches", b"/nowhere"):
        plain = Request("plain", path, headers=(JSON,), body=b"{}")
        asked = (
            Request(f"{path!r} {name}", path, headers=(JSON,), body=body)
            for name, body in JSONS.items()
        )
        await fuzz.check("POST", plain, asked)


async def test_many_values_in_an_address(fuzz: Fuzz) -> None:
    plain = Request("plain", b"/v1/admin/messages", headers=(fuzz.admin,))
    asked = (
        Request(name, plain.path, body, plain.headers) for name, body in FORMS.items()
    )
    await fuzz.check("GET", plain, asked)


@pytest.mark.parametrize("name", HEADERS)
async def test_headers(fuzz: Fuzz, name: bytes) -> None:
    path, schemes = b"/v1/messages", (b"", b"Bearer ", b"Basic ", b"application/json")
    plain = Request("plain", path, headers=(JSON, fuzz.client), body=b"{}")

    def headers() -> Iterator[Request]:
        for unit, text in TEXTS.items():
            for scheme in schemes if name == b"authorization" else schemes[::3]:
                value = scheme + text.encode()[:30_000]
                given = tuple(f for f in (JSON, fuzz.client) if f[0] != name)
                given = (*given, (name, value))
                yield Request(f"{scheme!r} {unit!r}", path, b"", given, b"{}")
        yield Request("many", path, headers=((name, b"a"),) * 5000, body=b"{}")

    await fuzz.check("POST", plain, headers())


async def test_forms(fuzz: Fuzz) -> None:
    plain = Request("plain", b"/v1/token", headers=((b"content-type", FORM.encode()),))
    asked = (
        Request(name, plain.path, headers=plain.headers, body=body)
        for name, body in FORMS.items()
    )
    await fuzz.check("POST", plain, asked)


@pytest.mark.parametrize("channel", Channel)
async def test_receipt_addresses(fuzz: Fuzz, channel: Channel) -> None:
    centre = fuzz.rig.context
    async with centre.store.sessions() as session:
        found = await addresses(session, centre.settings, channel)
    for known in found:
        path = b"/v1/receipts/" + known.url.split("/v1/receipts/")[1].encode()
        asked = (Request(name, path, body=body) for name, body in ALL.items())
        await fuzz.check("POST", Request("plain", path, body=b"[]"), asked)


async def test_what_a_screen_says(fuzz: Fuzz) -> None:
    async def said(text: str) -> None:
        code = await say(fuzz.rig.app, b"/v1/workstations/ward-1", text)
        assert code in (1007, 1009, 4401)

    most = await bound(lambda: said('{"type":"hello"}'))
    texts = {name: body.decode("utf-8", "replace") for name, body in JSONS.items()}
    # As long as the first message may be, and as long as none may be.
    for name, text in texts.items():
        for each in (text, text[:1000]):
            assert not await holds_too_long(lambda t=each: said(t), most), name  # type: ignore[misc]
