"""The audit log: the page, the file, `hmc audit verify`; the console by itself."""

import asyncio
import csv
import io
import sys
from asyncio.subprocess import PIPE, STDOUT

import httpx
import pytest
from playwright.async_api import expect
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from core.text import csv_safe
from deploy.supervision.processes import ROOT
from tests.support.centre.running import Centre, running_centre
from tests.support.console.rig import (
    BROWSER,
    Console,
    check_axe,
    open_page,
    ready,
    screenshot,
    signed_in,
)
from tests.support.ports import free_port
from tests.support.waiting import eventually

pytestmark = BROWSER


async def hmc(centre: Centre, *words: str) -> tuple[int, str]:
    """Run `hmc audit verify`; return its status and what it printed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "cli.py", "audit", "verify", *words),
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "COLUMNS": "200", **centre.variables},
        stdout=PIPE,
        stderr=STDOUT,
    )
    printed, _ = await process.communicate()
    return process.returncode or 0, printed.decode()


async def test_what_was_done_stands_in_the_log(
    console: Console, centre: Centre
) -> None:
    async with centre.admin() as admin:
        body = {"username": "logged", "role": "auditor", "password": "a first password"}
        await admin.post("/v1/admin/users", body | {"name": "李明"})
    page = await signed_in(await console(language="en"))
    await open_page(page, "/audit?target=users/logged")
    row = page.get_by_role("row").filter(has_text="users/logged")
    await expect(row.get_by_text("create")).to_be_visible()
    await row.get_by_role("button", name="Show before and after").click()
    await expect(page.get_by_role("cell", name="auditor")).to_be_visible()
    await check_axe(page)
    await page.get_by_role("button", name="Close", exact=True).click()
    await page.get_by_role("button", name="Verify").click()
    await expect(page.get_by_text("The log is whole")).to_be_visible()
    await screenshot(page, "audit-verified")


async def test_a_day_that_is_none_is_refused(console: Console) -> None:
    page = await signed_in(await console(language="en"))
    answer = await page.request.get("/console/audit.csv?since=yesterday")
    assert answer.status == 422


async def test_the_file_has_every_row_and_no_formula(
    console: Console, centre: Centre
) -> None:
    page = await signed_in(await console(language="en"))
    await open_page(page, "/audit")
    async with page.expect_download() as waiting:
        await page.get_by_role("button", name="Export as CSV").click()
    path = await (await waiting.value).path()
    content = path.read_text(encoding="utf-8")
    assert content.startswith(csv_safe.BYTE_ORDER_MARK)
    rows = list(csv.reader(io.StringIO(content.removeprefix("\ufeff"), newline="")))
    numbers = [int(row[0]) for row in rows[1:]]
    assert numbers == list(range(len(numbers), 0, -1))
    assert not any(
        cell[:1] in tuple("=+-@\t\r") for row in rows for cell in row if cell
    )
    newest = await page.request.get("/console/audit.csv?action=export")
    exports = list(csv.DictReader(io.StringIO((await newest.text())[1:], newline="")))
    assert len(exports) >= 2
    assert {row["action"] for row in exports} == {"export"}


async def test_hmc_proves_the_log(own_centre: Centre) -> None:
    status, printed = await hmc(own_centre)
    assert status == 0, printed
    assert "is whole" in printed
    rows, head = printed.split("whole: ")[1].split(" rows, head ")
    async with own_centre.admin() as admin:
        await admin.post(
            "/v1/admin/users",
            {"username": "later", "role": "auditor", "password": "a first password"},
        )
    noted = ("--rows", rows, "--head", head.strip())
    assert (await hmc(own_centre, *noted))[0] == 0
    assert (await hmc(own_centre, "--rows", "1", "--head", head.strip()))[0] == 1
    assert (await hmc(own_centre, "--rows", "1"))[0] == 2
    await asyncio.to_thread(_tamper, own_centre)
    status, printed = await hmc(own_centre)
    assert status == 1
    assert "Row 1 does not fit" in printed


def _tamper(centre: Centre) -> None:
    url = make_url(centre.settings.database).set(drivername="sqlite")
    with create_engine(url).begin() as connection:
        connection.execute(text("UPDATE audit SET who = 'nobody' WHERE number = 1"))


@pytest.fixture
def short_idle() -> dict[str, object]:
    """A console on a port of its own, whose sessions end after six seconds."""
    return {"console_port": free_port(), "console_idle_minutes": 0.1}


async def test_the_console_by_itself_and_idle_sessions(
    console: Console,
    short_idle: dict[str, object],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("alone") / "var"
    async with running_centre(folder, **short_idle) as alone:
        async with alone.http() as http:
            assert (await http.get("/console/sign-in")).status_code == 404
        here = f"http://127.0.0.1:{alone.settings.console_port}"
        page = await console(language="en", base_url=here)
        await _until_up(f"{here}/health/live")
        await signed_in(page)
        async with httpx.AsyncClient(base_url=here) as http:
            temporal = await http.get("/console/temporal/")
            assert temporal.headers["location"] == "/console/sign-in?next=/temporal/"
        await open_page(page, "/users")
        for _ in range(3):  # at work, the session goes on
            await page.wait_for_timeout(2500)
            await open_page(page, "/users")
        await page.wait_for_url("**/sign-in?ended=1", timeout=40_000)
        await ready(page)
        await expect(page.get_by_text("Your session has ended.")).to_be_visible()


async def _until_up(url: str) -> None:
    async with httpx.AsyncClient() as http:
        await eventually(
            lambda: http.get(url),
            lambda answer: answer.is_success,
            despite=httpx.HTTPError,
        )
