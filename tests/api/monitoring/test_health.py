"""Liveness, readiness and figures."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError
from sqlalchemy import text

from api.monitoring.health import Readiness
from centre.keys.keys import renew_token
from core.settings import Settings
from core.words import Role
from db.probe import write_probe
from tests.support.api.rig import Rig, problem, running_api


async def missing(rig: Rig) -> list[str]:
    """Ask anew what is missing."""
    rig.app.state.readiness = Readiness()
    answer = await rig.http.get("/health/ready")
    if answer.status_code == 200:
        return []
    found: list[str] = problem(answer, 503)["missing"]
    for part in found:
        assert part in answer.json()["detail"]
    return found


async def test_alive(rig: Rig) -> None:
    rig.flows.down = True
    assert (await rig.http.get("/health/live")).json() == {"status": "ok"}


async def test_readiness_names_what_is_missing(rig: Rig) -> None:
    assert await missing(rig) == []
    await rig.new_client("his")
    assert await missing(rig) == ["worker for client his"]
    rig.flows.served = {"his": 1}
    assert await missing(rig) == []
    rig.flows.down = True
    assert await missing(rig) == ["temporal"]
    await rig.context.store.close()
    (rig.context.settings.state_dir / "centre.db").unlink()
    (rig.context.settings.state_dir / "centre.db").mkdir()
    assert await missing(rig) == ["temporal", "store"]


async def test_a_store_that_can_be_read_and_not_written_is_missing(rig: Rig) -> None:
    assert await missing(rig) == []
    full = "CREATE TRIGGER full BEFORE UPDATE ON write_probes BEGIN {} END"
    refuse = full.format("SELECT RAISE(ABORT, 'full');")
    await run_sql(rig, refuse)
    assert await missing(rig) == ["store"]
    figures = (await rig.http.get("/metrics")).text
    assert 'hmc_ready{part="store"} 0.0' in figures
    await run_sql(rig, "DROP TRIGGER full")
    assert await missing(rig) == []


async def test_a_store_that_others_write_to_is_not_missing(rig: Rig) -> None:
    async with rig.context.store.sessions.begin() as session:
        await write_probe(session)  # and holds on to it
        assert await missing(rig) == []


async def test_keys_that_are_no_longer_the_stores_are_missing(rig: Rig) -> None:
    settings = rig.context.settings
    await asyncio.to_thread(renew_token, settings.database, settings.keys_file)
    assert await missing(rig) == ["keys"]
    await run_sql(rig, "DELETE FROM key_proofs")
    assert await missing(rig) == ["keys"]


async def run_sql(rig: Rig, statement: str) -> None:
    async with rig.context.store.engine.begin() as connection:
        await connection.execute(text(statement))


async def test_a_client_that_just_joined_is_waited_for(rig: Rig) -> None:
    await rig.new_client("his")
    await rig.new_client("lis")
    rig.flows.served = {"his": 1}
    assert await missing(rig) == []


async def test_readiness_is_kept_for_some_seconds(rig: Rig) -> None:
    rig.app.state.readiness = Readiness()
    assert (await rig.http.get("/health/ready")).is_success
    rig.flows.down = True
    assert (await rig.http.get("/health/ready")).is_success
    rig.app.state.readiness = Readiness(kept=timedelta(0))
    assert not (await rig.http.get("/health/ready")).is_success


async def test_figures(rig: Rig) -> None:
    his = await rig.client("his")
    await rig.send(his, key="k")
    await rig.send(his, key="k")
    await rig.http.get("/nowhere/13800138000")
    admin = await rig.person(Role.ADMIN)
    path = "/v1/admin/preferences/mobile/13800138000"
    await rig.http.get(path, headers=admin)
    await missing(rig)
    text = (await rig.http.get("/metrics")).text
    lines = set(text.splitlines())
    assert 'hmc_messages_accepted_total{client="his",replayed="false"} 1.0' in lines
    assert 'hmc_messages_accepted_total{client="his",replayed="true"} 1.0' in lines
    sent = '{method="POST",route="/v1/messages",status="202"} 2.0'
    assert f"hmc_http_requests_total{sent}" in lines
    assert 'hmc_http_requests_total{method="GET",route="-",status="404"} 1.0' in lines
    assert 'hmc_ready{part="temporal"} 1.0' in lines
    assert "hmc_accept_seconds_count 2.0" in lines
    assert "13800138000" not in text


async def test_the_figures_may_be_kept_to_some_networks(tmp_path: Path) -> None:
    for networks, status in (
        ("127.0.0.0/8, ::1/128", 200),
        ("10.1.0.0/16", 403),
    ):
        async with running_api(tmp_path / str(status), metrics_from=networks) as rig:
            answer = await rig.http.get("/metrics")
            assert answer.status_code == status, answer.text
            assert (await rig.http.get("/health/live")).is_success


def test_networks_that_are_none_are_refused_at_the_start() -> None:
    with pytest.raises(ValidationError, match="give networks"):
        Settings(metrics_from="10.1.0.0/16, everybody")
