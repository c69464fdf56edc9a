"""Every page of the console: in both languages, dark, on a phone; for each role."""

from collections.abc import Callable
from uuid import UUID

import pytest
import pytest_asyncio
from nicegui import app as nicegui_app
from playwright.async_api import Page, expect
from sqlmodel import select

from centre.people.tables import PersonRow
from console.app import PUBLIC, add_routes
from console.kit.frame import Page as Framed
from console.navigation import all_pages
from core.crypto import load_keyring
from core.words import Role
from db.store import open_store
from tests.support.centre.running import PASSWORD, Centre
from tests.support.centre.system import System, joined, somebody
from tests.support.centre.system import signed_in as signed_in_office
from tests.support.centre.types import PARAMS, define, message
from tests.support.console.examples import EXAMPLES, LOOKS
from tests.support.console.rig import (
    BROWSER,
    Console,
    check_axe,
    no_sideways,
    ready,
    signed_in,
    signed_in_as,
)

pytestmark = BROWSER
PAGES = all_pages()
# These need something that is made for them.
MADE = {
    "/messages/{message_id}",
    "/patients/{person_id}",
    "/batches/{batch_id}",
}


Examples = Callable[[Framed], str]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def examples(centre: Centre) -> Examples:
    """Where each page is; those with parameters have an example."""
    async with signed_in_office(centre) as admin:
        await define(admin, "console-pages", {"wechat": 0.8, "sms": 0.4})
    async with joined(centre, "console-pages") as system:
        body = message("console-pages", somebody(), reference="A-1")
        message_id = await system.send(body)
        await system.ended(message_id)
        batch_id = await _batch(system)
    made = {
        "/batches/{batch_id}": f"/batches/{batch_id}",
        "/messages/{message_id}": f"/messages/{message_id}",
        "/patients/{person_id}": f"/patients/{await _somebodys_id(centre)}",
    }
    known = EXAMPLES | made
    return lambda page: known.get(page.path, page.path)


async def _batch(system: System) -> str:
    """Send a batch to one person; return its id."""
    person = {"identities": somebody().identities, "params": PARAMS}
    body = {"type": "console-pages", "recipients": [person]}
    answer = await system.http.post("/v1/batches", json=body)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


async def _somebodys_id(centre: Centre) -> UUID:
    keyring = load_keyring(centre.settings.keys_file)
    store = open_store(centre.settings.database, keyring)
    async with store.sessions() as session:
        found = (await session.exec(select(PersonRow.id).limit(1))).one()
    await store.close()
    return found


async def test_pages_with_parameters_have_an_example() -> None:
    missing = [page.path for page in PAGES if "{" in page.path]
    assert not set(missing) - EXAMPLES.keys() - MADE


@pytest.mark.parametrize("look", LOOKS)
async def test_every_page_in_every_look(
    console: Console, examples: Examples, look: str
) -> None:
    page = await signed_in(await console(**LOOKS[look]))
    for shown in PAGES:
        await _open(page, examples(shown))
        await check_axe(page)
        await no_sideways(page)


async def _open(page: Page, path: str) -> None:
    answer = await page.goto(f"/console{path}")
    assert answer is not None
    assert answer.status == 200, path
    await ready(page)
    assert await page.locator("h1").count() == 1, path
    await expect(page.locator("main")).to_be_visible()


async def test_nobody_opens_a_page_without_signing_in(
    centre: Centre, examples: Examples
) -> None:
    async with centre.http() as http:
        for shown in PAGES:
            answer = await http.get(f"/console{examples(shown)}")
            assert answer.status_code == 303, shown.path
            assert "/console/sign-in?next=" in answer.headers["location"]
        assert (await http.get("/console/audit.csv")).status_code == 401


async def test_an_address_typed_short_leads_to_the_first_page(centre: Centre) -> None:
    async with centre.http() as http:
        for short in ("/", "/console"):
            answer = await http.get(short)
            assert answer.status_code == 307
            assert http.base_url.join(answer.headers["location"]).path == "/console/"


async def test_no_route_of_the_console_is_open_by_mistake() -> None:
    add_routes()
    paths = {getattr(route, "path", "") for route in nicegui_app.routes}
    ours = {p for p in paths if not p.startswith(("/_nicegui", "/favicon"))}
    assert ours == {page.path for page in PAGES} | PUBLIC


async def test_each_role_opens_its_pages_and_no_other(
    console: Console, centre: Centre, examples: Examples
) -> None:
    for role in (Role.OPERATOR, Role.AUDITOR):
        page = await console(language="en")
        await signed_in_as(page, centre, role, f"page-{role}")
        for shown in PAGES:
            answer = await page.request.get(f"/console{examples(shown)}")
            expected = 200 if role in shown.roles else 403
            assert answer.status == expected, f"{shown.path} as {role}"
        allowed = role is Role.AUDITOR
        export = await page.request.get("/console/audit.csv")
        assert export.status == (200 if allowed else 403)


async def test_the_headers_of_a_page(centre: Centre) -> None:
    async with centre.http() as http:
        page = await http.get("/console/sign-in")
        static = await http.get("/console/_nicegui/3.18.0/static/nicegui.css")
    policy = page.headers["content-security-policy"]
    for part in ("default-src 'self'", "frame-ancestors 'none'", "object-src 'none'"):
        assert part in policy
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["x-frame-options"] == "DENY"
    assert "set-cookie" not in page.headers
    assert "immutable" in static.headers["cache-control"]


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"token=x", "application/x-www-form-urlencoded", 415),
        (b'{"token": "x"}', "text/plain", 415),
        (b'{"token": 1}', "application/json", 422),
        (b"[1]", "application/json", 422),
    ],
)
async def test_no_other_sites_form_signs_anybody_in(
    centre: Centre, body: bytes, kind: str, status: int
) -> None:
    async with centre.http() as http:
        headers = {"Content-Type": kind}
        answer = await http.post("/console/session", content=body, headers=headers)
    assert answer.status_code == status
    assert "set-cookie" not in answer.headers


async def test_the_session_cookie_is_only_for_http(console: Console) -> None:
    page = await signed_in(await console())
    cookies = {c["name"]: c for c in await page.context.cookies()}
    session = cookies["hmc_console"]
    assert session["httpOnly"]
    assert session["sameSite"] == "Lax"
    assert session["path"] == "/console"
    assert "hmc_console" not in await page.evaluate("document.cookie")


async def test_an_address_of_another_host_is_not_gone_to(console: Console) -> None:
    for target in ("//evil.example", "https://evil.example", "/\\evil.example"):
        page = await console(language="en")
        await page.goto(f"/console/sign-in?next={target}")
        await page.locator("[name=username]").fill("admin")
        await page.locator("[name=password]").fill(PASSWORD)
        await page.locator("[name=password]").press("Enter")
        await page.wait_for_url("**/console/")


async def test_what_is_not_there_says_so(console: Console) -> None:
    page = await console(language="en")
    answer = await page.goto("/console/nowhere")
    assert answer is not None
    assert answer.status == 404
    await expect(page.get_by_text("There is no such page.")).to_be_visible()
    await check_axe(page)
