"""The addresses to enter at providers, and policies for unknown outcomes."""

from typing import Any
from urllib.parse import urlsplit

import pytest

from centre.receipts.addresses import forgeable
from channels.hospital.workstation import signature
from core.clock import utc_now
from core.words import Role
from tests.support.api.rig import Headers, Rig, pointers, problem
from tests.support.stores.context import context_of

ADMIN = "/v1/admin/channels/workstation"
SECRET = "a-secret-of-the-hospital"
ACCOUNT = {"base_url": "https://workstations.example", "secret": SECRET}


async def addresses(rig: Rig, headers: Headers, of: str = ADMIN) -> list[Any]:
    answer = await rig.http.get(f"{of}/receipts", headers=headers)
    assert answer.status_code == 200, answer.text
    items: list[Any] = answer.json()["items"]
    return items


async def acknowledge(rig: Rig, url: str, secret: str = SECRET) -> int:
    """Call an address as the workstations' gateway does; return the status."""
    body = b'{"type":"ack","id":"0d4ba4d2-66a5-5d6f-8a1a-9f2e1b7c3d4e","stage":"x"}'
    body = body.replace(b'"x"', b'"displayed"')
    stamp = str(int(utc_now().timestamp()))
    headers = {
        "x-mc-id": "i",
        "x-mc-timestamp": stamp,
        "x-mc-signature": signature(secret, "i", stamp, body),
    }
    path = urlsplit(url).path
    answer = await rig.http.post(path, content=body, headers=headers)
    return answer.status_code


async def test_an_account_of_ones_own_has_an_address_of_its_own(rig: Rig) -> None:
    admin = await rig.person(Role.ADMIN)
    [sandbox] = await addresses(rig, admin)
    assert sandbox["url"].endswith("/v1/receipts/workstation/sandbox-secret")
    put = await rig.http.put(f"{ADMIN}/account", json=ACCOUNT, headers=admin)
    assert put.status_code == 200, put.text
    [own] = await addresses(rig, admin)
    assert own["url"] != sandbox["url"]
    assert await acknowledge(rig, own["url"]) == 200
    assert await acknowledge(rig, own["url"], "another") == 401
    assert await acknowledge(rig, sandbox["url"]) == 404


async def test_an_address_is_changed_and_the_old_one_refused(rig: Rig) -> None:
    admin = await rig.person(Role.ADMIN)
    await rig.http.put(f"{ADMIN}/account", json=ACCOUNT, headers=admin)
    [old] = await addresses(rig, admin)
    answer = await rig.http.post(f"{ADMIN}/receipts/renew", json={}, headers=admin)
    new = answer.json()
    assert [new] == await addresses(rig, admin)
    for name in ("url", "token", "aes_key"):
        assert new[name] != old[name]
    assert await acknowledge(rig, old["url"]) == 404
    assert await acknowledge(rig, new["url"]) == 200
    other = {"account": "another"}
    problem(
        await rig.http.post(f"{ADMIN}/receipts/renew", json=other, headers=admin), 404
    )


async def test_who_looks_and_changes_is_kept_and_the_secret_is_not(rig: Rig) -> None:
    admin = await rig.person(Role.ADMIN)
    await rig.http.put(f"{ADMIN}/account", json=ACCOUNT, headers=admin)
    [shown] = await addresses(rig, admin)
    await rig.http.post(f"{ADMIN}/receipts/renew", json={}, headers=admin)
    text = (await rig.http.get("/v1/admin/audit", headers=admin)).text
    assert "channels/workstation/receipts" in text
    assert "renew-receipt-address" in text
    assert urlsplit(shown["url"]).path.rpartition("/")[2] not in text


async def test_wechats_keys_have_the_form_it_wants(rig: Rig) -> None:
    admin = await rig.person(Role.ADMIN)
    wechat = "/v1/admin/channels/wechat"
    account = {"appid": "wx1", "secret": "s"}
    await rig.http.put(f"{wechat}/account", json=account, headers=admin)
    [own] = await addresses(rig, admin, wechat)
    assert 3 <= len(own["token"]) <= 32
    assert own["token"].isalnum()
    assert len(own["aes_key"]) == 43
    assert own["aes_key"].isalnum()
    assert own["token"] not in own["url"]


async def test_a_channel_without_callbacks_has_no_address(rig: Rig) -> None:
    admin = await rig.person(Role.ADMIN)
    assert await addresses(rig, admin, "/v1/admin/channels/inbox") == []


POLICY: dict[str, Any] = {
    "channels": [
        {"channel": "wechat", "weight": 0.9},
        {"channel": "sms", "weight": 0.5},
    ]
}


async def test_a_policy_says_what_follows_an_unknown_outcome(rig: Rig) -> None:
    admin = await rig.person(Role.ADMIN)
    path = "/v1/admin/message-types/exam-booking/policy"
    unknown = {
        "*": {"wait_seconds": 30, "then": "next"},
        "sms": {"wait_seconds": 600, "then": "repeat"},
    }
    body = POLICY | {"unknown": unknown}
    answer = await rig.http.put(path, json=body, headers=admin)
    assert answer.status_code == 200, answer.text
    assert (await rig.http.get(path, headers=admin)).json()["unknown"] == unknown
    message_id = await rig.sent(await rig.client())
    accepted = rig.flows.accepted[message_id].unknown
    found = {
        str(channel): rule.model_dump(mode="json") for channel, rule in accepted.items()
    }
    assert found == {"wechat": unknown["*"], "sms": unknown["sms"]}


@pytest.mark.parametrize(
    ("unknown", "place"),
    [
        ({"email": {"then": "next"}}, "/unknown/email"),
        ({"fax": {"then": "next"}}, "/unknown/fax"),
        ({"sms": {"then": "guess"}}, "/unknown/sms/then"),
        ({"sms": {"wait_seconds": -1}}, "/unknown/sms/wait_seconds"),
        ({"sms": {"wait_seconds": 86_401}}, "/unknown/sms/wait_seconds"),
        ({"sms": {"wait_seconds": "5"}}, "/unknown/sms/wait_seconds"),
    ],
)
async def test_a_wrong_rule_is_refused(rig: Rig, unknown: Any, place: str) -> None:
    admin = await rig.person(Role.ADMIN)
    path = "/v1/admin/message-types/exam-booking/policy"
    body = POLICY | {"unknown": unknown}
    found = pointers(await rig.http.put(path, json=body, headers=admin))
    assert any(pointer.startswith(place) for pointer in found), found


@pytest.mark.parametrize(
    ("host", "warned"),
    [
        ("127.0.0.1", False),
        ("127.8.0.1", False),
        ("::1", False),
        ("localhost", False),
        ("0.0.0.0", True),
        ("::", True),
        ("10.1.1.1", True),
        ("centre.example", True),
    ],
)
async def test_the_sandboxs_accounts_are_warned_of_where_others_reach_the_centre(
    rig: Rig, host: str, warned: bool
) -> None:
    settings = rig.context.settings.model_copy(update={"host": host})
    channels = await forgeable(context_of(rig.context.store, settings))
    assert ("workstation" in channels) == ("sms" in channels) == warned


async def test_an_account_of_ones_own_is_not_warned_of(rig: Rig) -> None:
    admin = await rig.person(Role.ADMIN)
    await rig.http.put(f"{ADMIN}/account", json=ACCOUNT, headers=admin)
    settings = rig.context.settings.model_copy(update={"host": "0.0.0.0"})
    channels = await forgeable(context_of(rig.context.store, settings))
    assert "workstation" not in channels
    assert "sms" in channels
