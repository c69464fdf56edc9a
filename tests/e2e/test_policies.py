"""The paper's policies on a running centre: who is reached, by which channel."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest
import pytest_asyncio

from tests.support.centre.providers import Providers, providers_of, rule
from tests.support.centre.running import Centre
from tests.support.centre.system import (
    Document,
    System,
    delivery,
    joined,
    outcomes,
    signed_in,
    somebody,
)
from tests.support.centre.types import ANY, BOOKING, CRITICAL, define, message

pytestmark = pytest.mark.asyncio(loop_scope="module")
SATISFIED = ("skipped", "policy_satisfied")
TAKEN = ("accepted", None)
OPERATOR = "nine tall cranes 47"
FIRST = "four grey herons 12"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def his(centre: Centre) -> AsyncIterator[System]:
    async with signed_in(centre) as admin:
        await define(admin, "policy-booking", BOOKING)
        await define(
            admin,
            "policy-critical",
            CRITICAL,
            strategy="broadcast",
            priority="critical",
        )
        await define(admin, "policy-any", ANY, strategy="first_success")
        body = {"username": "desk", "role": "operator", "password": FIRST}
        await admin.ask("POST", "/admin/users", body)
    async with centre.http() as http:
        # A password that somebody else has set opens nothing but this.
        body = {"username": "desk", "password": FIRST, "new_password": OPERATOR}
        changed = await http.post("/v1/session/password", json=body)
        assert changed.status_code == 204, changed.text
    async with joined(centre, "policy-his") as system:
        yield system


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def providers(centre: Centre) -> AsyncIterator[Providers]:
    async with providers_of(centre) as found:
        yield found


async def test_a_booking_notice_stops_where_wechat_works(
    his: System, providers: Providers
) -> None:
    person = somebody()
    await providers.obey()
    doc = await his.ended(await his.send(message("policy-booking", person)))
    assert doc["status"] == "delivered"
    assert doc["plan"]["stages"] == [["wechat"], ["sms"], ["wecom"]]
    assert outcomes(doc) == {"wechat": TAKEN, "sms": SATISFIED, "wecom": SATISFIED}
    assert (doc["source"], doc["run"], doc["client"]) == ("workflow", 1, "policy-his")
    [taken] = (await providers.taken_for(person))["wechat"]
    sent = delivery(doc, "wechat")
    assert sent["provider_message_id"] == taken["provider_message_id"]
    assert sent["attempts"] == 1
    assert list(await providers.taken_for(person)) == ["wechat"]


async def test_who_does_not_follow_gets_a_text(
    his: System, providers: Providers
) -> None:
    person = somebody()
    await providers.obey(rule(person, "wechat", "unsubscribed"))
    doc = await his.ended(await his.send(message("policy-booking", person)))
    assert doc["status"] == "delivered"
    assert outcomes(doc) == {
        "wechat": ("failed", "invalid_recipient"),
        "sms": TAKEN,
        "wecom": SATISFIED,
    }
    assert delivery(doc, "wechat")["attempts"] == 1
    taken = await providers.taken_for(person)
    assert list(taken) == ["sms"]
    assert taken["sms"][0]["request"]["variables"]["name"] == "患者甲"


async def test_a_critical_value_goes_out_on_every_channel_at_once(
    his: System, providers: Providers
) -> None:
    person = somebody()
    # Each provider takes a while: one after the other would take three times that.
    slow = [rule(person, c, "accept", delay_ms=1000) for c in CRITICAL]
    await providers.obey(*slow)
    doc = await his.ended(await his.send(message("policy-critical", person)))
    assert doc["status"] == "delivered"
    assert doc["plan"]["stages"] == [["wechat", "sms", "wecom"]]
    assert outcomes(doc) == dict.fromkeys(CRITICAL, TAKEN)
    taken = await providers.taken_for(person)
    assert {c: len(items) for c, items in taken.items()} == dict.fromkeys(CRITICAL, 1)
    times = [datetime.fromisoformat(items[0]["at"]) for items in taken.values()]
    assert max(times) - min(times) < timedelta(seconds=0.9)


async def test_with_every_channel_down_it_fails_and_an_operator_sends_it_again(
    centre: Centre, his: System, providers: Providers
) -> None:
    person = somebody()
    down = [rule(person, c, "server_error", times=3) for c in BOOKING]
    await providers.obey(*down)
    message_id = await his.send(message("policy-booking", person))
    doc = await his.ended(message_id)
    assert doc["status"] == "failed"
    assert outcomes(doc) == dict.fromkeys(BOOKING, ("failed", "unreachable"))
    assert [d["attempts"] for d in doc["deliveries"]] == [3, 3, 3]
    assert doc["resendable_until"] > doc["updated_at"]
    assert await providers.taken_for(person) == {}

    async with signed_in(centre, "desk", OPERATOR) as operator:
        failed = await operator.ask("GET", f"/admin/failed-messages?client={his.code}")
        assert [item["id"] for item in failed["items"]] == [message_id]
        again = {"reason": "the providers are back"}
        await operator.ask("POST", f"/messages/{message_id}/resend", again)
    doc = await his.ended(message_id, run=2)
    assert (doc["status"], doc["run"]) == ("delivered", 2)
    assert outcomes(doc) == {"wechat": TAKEN, "sms": SATISFIED, "wecom": SATISFIED}
    assert {c: len(i) for c, i in (await providers.taken_for(person)).items()} == {
        "wechat": 1
    }
    refused = await his.http.post(f"/v1/messages/{message_id}/resend", json=again)
    assert refused.status_code == 403


@pytest.mark.parametrize("channel", ["email", "workstation", "wecom", "sms"])
async def test_a_channel_by_itself_reaches_the_person(
    his: System, providers: Providers, channel: str
) -> None:
    person = somebody()
    await providers.obey()
    doc = await his.ended(await his.send(message("policy-any", person, channel)))
    assert doc["plan"]["stages"] == [[channel]]
    assert (doc["status"], outcomes(doc)) == ("delivered", {channel: TAKEN})
    assert list(await providers.taken_for(person)) == [channel]
    [taken] = await providers.taken(channel, person.at(channel))
    assert "患者甲" in str(taken["request"])


async def test_the_inbox_has_it_at_once(his: System, providers: Providers) -> None:
    person = somebody()
    doc = await his.ended(await his.send(message("policy-any", person, "inbox")))
    assert (doc["status"], outcomes(doc)) == (
        "delivered",
        {"inbox": ("delivered", None)},
    )
    assert await providers.taken_for(person) == {}


async def test_an_address_comes_from_the_patient_index(
    centre: Centre, his: System, providers: Providers
) -> None:
    person = somebody()
    await providers.obey()
    known = {"mobile": person.mobile}
    async with signed_in(centre) as admin:
        body = {"name": "患者甲", "identities": known}
        await admin.ask("PUT", f"/admin/patients/{person.empi}", body)
        path = f"/admin/preferences/mobile/{person.mobile}"
        await admin.ask("PUT", path, {"message_type": "policy-any"})
    by_number: Document = {"identities": {"empi_id": person.empi}}
    booking = message("policy-booking", person, recipient=by_number)
    doc = await his.ended(await his.send(booking))
    assert doc["status"] == "delivered"
    assert outcomes(doc) == {
        "wechat": ("skipped", "no_address"),
        "sms": TAKEN,
        "wecom": SATISFIED,
    }
    assert len(await providers.taken("sms", person.mobile)) == 1

    text = message("policy-any", person, "sms", recipient=by_number)
    doc = await his.ended(await his.send(text))
    assert (doc["status"], outcomes(doc)) == (
        "failed",
        {"sms": ("skipped", "opted_out")},
    )
    assert len(await providers.taken("sms", person.mobile)) == 1
