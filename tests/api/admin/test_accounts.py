"""Several accounts of a channel over the admin API: secrets go in and stay in."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from centre.accounts.traffic_writes import put_open
from core.clock import utc_now
from core.words import Channel, Role
from sandbox.kit.context import Options
from tests.support.api.administrator import Desk
from tests.support.api.rig import Rig, pointers, problem, running_api
from tests.support.sandbox.rig import rig as running_sandbox

SECRET = "marker-of-a-secret"
ALIYUN = {"access_key_id": "A1", "access_key_secret": SECRET, "sign_name": "一院"}
PATH = "/channels/sms/accounts"


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with running_api(tmp_path / "var", sandbox_port=1) as running:
        yield running


@pytest.fixture
async def admin(rig: Rig) -> Desk:
    return Desk(rig, await rig.person(Role.ADMIN))


async def test_accounts_are_added_changed_and_removed(admin: Desk) -> None:
    listed = (await admin.done("GET", PATH))["items"]
    assert listed[0]["source"] == "sandbox"
    assert listed[0]["health"]["share_now"] == 100
    assert listed[1]["health"] is None
    main = {"code": "main", "weight": 60, "values": ALIYUN}
    added = await admin.done("POST", PATH, main, status=201)
    assert (added["provider"], added["secrets_set"]) == (
        "aliyun",
        ["access_key_secret"],
    )
    problem(await admin.ask("POST", PATH, main), 409)
    spare = {"weight": 20, "max_concurrent": 4, "per_second": 2.5, "values": ALIYUN}
    await admin.done("PUT", f"{PATH}/spare", spare)
    listed = (await admin.done("GET", PATH))["items"]
    shares = {one["code"]: one["health"]["share_at_rest"] for one in listed}
    assert shares == {"main": 75, "spare": 25}
    await admin.done("PATCH", f"{PATH}/spare", {"enabled": False})
    spare = await admin.done("GET", f"{PATH}/spare")
    assert (spare["enabled"], spare["health"], spare["weight"]) == (False, None, 20)
    assert spare["max_concurrent"] == 4
    asked = await admin.ask("GET", "/audit", target="channels/sms/accounts/spare")
    log = asked.json()
    assert len(log["items"]) == 2
    assert SECRET not in str([listed, added, spare, log])
    await admin.done("DELETE", f"{PATH}/spare", status=204)
    problem(await admin.ask("GET", f"{PATH}/spare"), 404)
    problem(await admin.ask("DELETE", f"{PATH}/spare"), 404)
    problem(await admin.ask("PATCH", f"{PATH}/spare", {"weight": 1}), 404)


async def test_what_is_wrong_is_named_and_not_repeated(admin: Desk) -> None:
    body = {"code": "main", "weight": 101, "values": ALIYUN}
    answer = await admin.ask("POST", PATH, body)
    assert pointers(answer) == ["/weight"]
    for unusable in (0, 1e-320, "5", 20_000):
        body = {"code": "main", "per_second": unusable, "values": ALIYUN}
        assert pointers(await admin.ask("POST", PATH, body)) == ["/per_second"]
    body = {"code": "main", "values": {"access_key_secret": SECRET, "color": "red"}}
    answer = await admin.ask("POST", PATH, body)
    wrong = {"/values/access_key_id", "/values/color", "/values/sign_name"}
    assert set(pointers(answer)) == wrong
    assert SECRET not in answer.text
    answer = await admin.ask("PUT", f"{PATH}/x", {"provider": "none", "values": {}})
    assert pointers(answer) == ["/provider"]
    problem(await admin.ask("GET", "/channels/inbox/accounts"), 404)


async def test_a_test_goes_by_the_account_that_is_named(admin: Desk) -> None:
    with running_sandbox(Options(smtp_port=0)) as sandbox:
        good = {
            "access_key_id": "sandbox",
            "access_key_secret": "sandbox-secret",
            "sign_name": "市第一医院",
            "default_template": "SMS_1",
            "base_url": sandbox.url,
        }
        wrong = good | {"access_key_secret": "wrong"}
        await admin.done("PUT", f"{PATH}/wrong", {"weight": 100, "values": wrong})
        await admin.done("PUT", f"{PATH}/good", {"enabled": False, "values": good})
        body = {"identity_type": "mobile", "value": "13800138000"}
        tried = [
            (await admin.done("POST", f"{PATH}/{code}/test", body))["verdict"]
            for code in ("wrong", "good")
        ]
        assert tried == ["misconfigured", "taken"]
        heaviest = await admin.done("POST", "/channels/sms/test", body)
        assert heaviest["verdict"] == "misconfigured"
        problem(await admin.ask("POST", f"{PATH}/none/test", body), 404)


async def test_an_open_breaker_is_shown_and_counted(rig: Rig, admin: Desk) -> None:
    store = rig.context.store
    async with store.sessions.begin() as session:
        later = utc_now().replace(year=utc_now().year + 1)
        await put_open(session, Channel.SMS, "default", later)
    listed = (await admin.done("GET", PATH))["items"]
    assert listed[0]["health"]["open_until"]
    (trouble,) = (await admin.done("GET", "/overview"))["accounts"]
    assert (trouble["channel"], trouble["code"]) == ("sms", "default")
    text = (await rig.http.get("/metrics")).text
    assert 'hmc_account_open{account="default",channel="sms"} 1.0' in text
    assert 'hmc_account_share{account="default",channel="sms"} 100.0' in text


async def test_when_traffic_moves_is_set_and_given_up(admin: Desk) -> None:
    held = await admin.done("GET", "/routing")
    assert (held["source"], held["rules"]["slow_call_seconds"]) == ("settings", 4)
    for wrong in ({"slow_share": 2}, {"errors": 0}, {"quiet_seconds": 1e9}):
        (name,) = wrong
        assert pointers(await admin.ask("PUT", "/routing", wrong)) == [f"/{name}"]
    assert pointers(await admin.ask("PUT", "/routing", {"speed": 1})) == ["/speed"]
    await admin.done("PUT", "/routing", {"slow_call_seconds": 2})
    held = await admin.done("GET", "/routing")
    assert (held["source"], held["rules"]["slow_call_seconds"]) == ("store", 2)
    assert None not in (held["set_by"], held["set_at"])
    for _ in range(2):
        await admin.done("DELETE", "/routing", status=204)
    assert (await admin.done("GET", "/routing"))["source"] == "settings"
    log = (await admin.ask("GET", "/audit", target="routing")).json()["items"]
    assert [entry["after"]["slow_call_seconds"] for entry in log] == [4, 2]
