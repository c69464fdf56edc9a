"""Accounts, channel tests, versions and checks of templates, over the admin API."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.words import Role
from sandbox.kit.context import Options
from tests.support.api.administrator import Desk
from tests.support.api.rig import Rig, pointers, problem, running_api
from tests.support.sandbox.rig import rig as running_sandbox

SECRET = "marker-of-a-secret"
SMS = {
    "access_key_id": "sandbox",
    "access_key_secret": "sandbox-secret",
    "sign_name": "市第一医院",
    "default_template": "SMS_1",
}
TEMPLATE = "/message-types/exam-booking/templates/sms"


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with running_api(tmp_path / "var", sandbox_port=1) as running:
        yield running


@pytest.fixture
async def admin(rig: Rig) -> Desk:
    return Desk(rig, await rig.person(Role.ADMIN))


async def test_an_account_is_set_shown_and_dropped(admin: Desk) -> None:
    path = "/channels/wechat/account"
    assert (await admin.done("GET", path))["source"] == "sandbox"
    view = await admin.done("PUT", path, {"appid": "wx1", "secret": SECRET})
    assert view["source"] == "store"
    assert view["values"]["appid"] == "wx1"
    assert view["secrets_set"] == ["secret"]
    await admin.done("PUT", path, {"appid": "wx2"})
    view = await admin.done("GET", path)
    assert (view["values"]["appid"], view["set_by"]) == ("wx2", "admin")
    log = await admin.ask("GET", "/audit", target="channels/wechat/account")
    assert len(log.json()["items"]) == 2
    for answer in (view, log.json()):
        assert SECRET not in str(answer)
    await admin.done("DELETE", path, status=204)
    assert (await admin.done("GET", path))["source"] == "sandbox"
    problem(await admin.ask("DELETE", path), 404)


async def test_an_account_that_is_wrong_is_refused_unseen(admin: Desk) -> None:
    body = {"appid": "with space", "secret": SECRET, "color": "red"}
    answer = await admin.ask("PUT", "/channels/wechat/account", body)
    assert pointers(answer) == ["/appid", "/color"]
    assert SECRET not in answer.text
    assert "with space" not in answer.text
    moved = {"appid": "wx1", "base_url": "https://elsewhere.example"}
    await admin.done("PUT", "/channels/wechat/account", {"appid": "a", "secret": "b"})
    answer = await admin.ask("PUT", "/channels/wechat/account", moved)
    assert pointers(answer) == ["/secret"]
    problem(await admin.ask("GET", "/channels/inbox/account"), 404)
    problem(await admin.ask("PUT", "/channels/sms/account", [1]), 422)


async def test_a_test_says_what_the_provider_said(admin: Desk) -> None:
    with running_sandbox(Options()) as sandbox:
        account = {**SMS, "base_url": sandbox.url}
        await admin.done("PUT", "/channels/sms/account", account)
        body = {"identity_type": "mobile", "value": "13800138000"}
        result = await admin.done("POST", "/channels/sms/test", body)
        assert (result["verdict"], result["provider"]) == ("taken", "aliyun")
        assert result["provider_message_id"]
        typed = {**body, "message_type": "exam-booking", "params": {"exam": "CT"}}
        result = await admin.done("POST", "/channels/sms/test", typed)
        assert result["verdict"] == "misconfigured"  # T1 is no template of Aliyun's
        draft = {"body": "{{exam}}", "provider_template": "SMS_2"}
        await admin.done("PUT", TEMPLATE, draft)
        result = await admin.done("POST", "/channels/sms/test", typed)
        assert result["verdict"] == "taken"
        taken = sandbox.messages(channel="sms")
        assert [t["recipient"] for t in taken] == ["13800138000", "13800138000"]
        assert "CT" in str(taken)
        sandbox.rules({"channel": "sms", "outcome": "unsubscribed"})
        refused = await admin.done("POST", "/channels/sms/test", body)
        assert refused["verdict"] == "recipient_refused"
        assert refused["code"] == "isv.CUSTOMER_REFUSED"
    log = (await admin.ask("GET", "/audit", target="channels/sms")).json()["items"]
    assert [entry["after"]["verdict"] for entry in log] == [
        "recipient_refused",
        "taken",
        "misconfigured",
        "taken",
    ]
    assert "13800138000" not in str(log)
    assert "138****8000" in str(log)


async def test_a_test_without_provider_or_recipient(admin: Desk) -> None:
    body = {"identity_type": "mobile", "value": "13800138000"}
    down = await admin.done("POST", "/channels/sms/test", body)  # nothing at port 1
    assert (down["verdict"], down["code"]) == ("provider_down", "ConnectError")
    for path, wrong, pointer in (
        ("sms", {"value": "12"}, "/value"),
        ("sms", {"identity_type": "email"}, "/identity_type"),
    ):
        answer = await admin.ask("POST", f"/channels/{path}/test", {**body, **wrong})
        assert pointers(answer) == [pointer]
        assert "13800138000" not in answer.text
    other = {**body, "message_type": "not-there"}
    problem(await admin.ask("POST", "/channels/sms/test", other), 404)
    owner = {"identity_type": "empi_id", "value": "E100"}
    kept = await admin.done("POST", "/channels/inbox/test", owner)
    assert kept["verdict"] == "delivered"


async def test_a_channel_without_an_account_is_not_tried(tmp_path: Path) -> None:
    file = tmp_path / "accounts.yaml"
    file.write_text("{}")
    async with running_api(tmp_path / "var", accounts_file=file) as rig:
        admin = Desk(rig, await rig.person(Role.ADMIN))
        body = {"identity_type": "mobile", "value": "13800138000"}
        voice = await admin.done("POST", "/channels/voice/test", body)
    assert voice["verdict"] == "no_account"


async def test_an_old_template_returns_as_a_new_version(admin: Desk) -> None:
    draft = {"body": "新文字 {{exam}} {{place}}", "fields": {"thing1": "{{exam}}"}}
    await admin.done("PUT", TEMPLATE, draft)
    again = await admin.done("POST", f"{TEMPLATE}/restore", {"version": 1})
    assert (again["version"], again["body"]) == (3, "请到 {{place}} 做 {{exam}}")
    versions = (await admin.done("GET", f"{TEMPLATE}/versions"))["items"]
    assert [v["template"]["version"] for v in versions] == [3, 2, 1]
    assert [v["set_by"] for v in versions] == ["admin", "admin", "setup"]
    problem(await admin.ask("POST", f"{TEMPLATE}/restore", {"version": 9}), 404)


async def test_a_check_names_what_breaks_and_for_whom(rig: Rig, admin: Desk) -> None:
    await rig.new_client("his", message_types=["exam-booking"])
    await rig.new_client("lis", message_types=["lab-report"])
    draft = {"body": "{{exam}} {{place}} {{result}}"}
    found = await admin.done("POST", f"{TEMPLATE}/check", draft)
    assert (found["added"], found["dropped"]) == (["result"], [])
    assert [sender["code"] for sender in found["senders"]] == ["his"]
    assert found["clinical"] == [{"kind": "placeholder", "word": "result"}]
    answer = await admin.ask("POST", f"{TEMPLATE}/check", {"body": "{{ name }}"})
    assert pointers(answer) == ["/body"]
    assert len((await admin.done("GET", f"{TEMPLATE}/versions"))["items"]) == 1


async def test_a_token_notes_that_its_client_was_here(rig: Rig, admin: Desk) -> None:
    made = await rig.new_client("his")
    assert (await admin.done("GET", "/clients/his"))["last_used_at"] is None
    form = {
        "grant_type": "client_credentials",
        "client_id": made.appkey,
        "client_secret": "wrong",
    }
    await rig.http.post("/v1/token", data=form)
    assert (await admin.done("GET", "/clients/his"))["last_used_at"] is None
    await rig.http.post("/v1/token", data={**form, "client_secret": made.appsecret})
    first = (await admin.done("GET", "/clients/his"))["last_used_at"]
    assert first is not None
    await rig.http.post("/v1/token", data={**form, "client_secret": made.appsecret})
    assert (await admin.done("GET", "/clients/his"))["last_used_at"] == first
