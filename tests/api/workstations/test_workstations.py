"""Workstations: kept pop-ups, sockets that resume, and what screens report."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from websockets.asyncio.client import connect

from api.workstations.door import Door
from api.workstations.hub import LEASE, Connection, Hub
from centre.workstations import popup_queries as popups
from centre.workstations import queries as workstations
from centre.workstations.contracts import PopupStage, SignedInScreen, Withdrawal
from centre.workstations.service import PopupPost
from channels.hospital.socket import SocketSender
from core.errors import RecipientRefused
from core.words import Channel, Outcome, Role
from tests.support.api.rig import problem
from tests.support.api.ward import Screen, Ward, popup, running_ward

# Neither a database nor a screen can hold who confirmed this.
NUL = json.dumps(
    {"type": "ack", "id": str(uuid4()), "stage": "confirmed", "user": "\0"}
)


@pytest.fixture
async def ward(tmp_path: Path) -> AsyncIterator[Ward]:
    async with running_ward(tmp_path / "var") as made:
        yield made


async def test_a_popup_is_shown_and_confirmed(ward: Ward) -> None:
    async with ward.screen("icu-1") as screen:
        await screen.welcome()
        sending = await ward.sent(acknowledge=True, read_back=True)
        shown = await screen.hear()
        assert shown["type"] == "msg"
        assert (shown["id"], shown["level"]) == (str(sending.id), "critical")
        assert (shown["title"], shown["body"]) == ("危急值", "血钾 2.1")
        assert shown["need_ack"]
        assert shown["read_back"]
        assert (await screen.ack(sending, "received"))["type"] == "noted"
        assert (await screen.ack(sending, "displayed"))["type"] == "noted"
        assert await ward.outcome(sending) is Outcome.DELIVERED
        refused = await screen.ack(sending, "confirmed", user="N0217", read_back="9")
        assert (refused["type"], refused["fields"]) == ("refused", ["read_back"])
        nobody = await screen.ack(sending, "confirmed", read_back="2 号楼")
        assert (nobody["type"], nobody["fields"]) == ("refused", ["user"])
        assert await ward.outcome(sending) is Outcome.DELIVERED
        noted = await screen.ack(sending, "confirmed", user="N0217", read_back="2 号楼")
        assert noted["type"] == "noted"
        again = await screen.ack(sending, "confirmed", user="N0217", read_back="2 号楼")
        assert again["type"] == "noted"
    assert await ward.outcome(sending) is Outcome.READ
    given = ward.rig.flows.docs[sending.message_id].acknowledgement
    assert given is not None
    assert (given.by, given.channel) == ("N0217", Channel.WORKSTATION)


async def test_a_screen_resumes_without_loss_or_repeat(ward: Ward) -> None:
    before = await ward.sent()
    async with ward.screen("icu-1") as screen:
        await screen.welcome()
        first = await screen.hear()
        assert first["id"] == str(before.id)
    missed = [await ward.sent() for _ in range(3)]
    async with ward.screen("icu-1", last=first["seq"]) as screen:
        await screen.welcome()
        heard = [await screen.hear() for _ in missed]
        assert [h["id"] for h in heard] == [str(m.id) for m in missed]
        later = await ward.sent()
        assert (await screen.hear())["id"] == str(later.id)
        await screen.silent()


async def test_a_number_that_was_never_given_gets_what_is_open(ward: Ward) -> None:
    sending = await ward.sent()
    async with ward.screen("icu-1", last=2**62) as screen:
        await screen.welcome()
        assert (await screen.hear())["id"] == str(sending.id)
        later = await ward.sent()
        assert (await screen.hear())["id"] == str(later.id)


async def test_a_departments_popup_goes_to_all_its_screens(ward: Ward) -> None:
    await ward.add("icu-2")
    await ward.add("er-1", department="ER")
    async with ward.screen("icu-1") as one, ward.screen("icu-2") as two:
        await one.welcome()
        await two.welcome()
        sending = await ward.sent()
        assert (await one.hear())["id"] == (await two.hear())["id"] == str(sending.id)
        await one.ack(sending, "rejected", user="N0217")
        assert await ward.outcome(sending) is Outcome.PENDING
        await two.ack(sending, "confirmed", user="N0300", read_back="2号楼")
        gone = await one.hear()
        assert (gone["type"], gone["why"]) == ("withdraw", "confirmed")
    async with ward.screen("er-1") as other:
        await other.welcome()
        await other.silent(0.3)


async def test_a_popup_that_every_screen_rejects_has_failed(ward: Ward) -> None:
    async with ward.screen("icu-1") as screen:
        await screen.welcome()
        sending = await ward.sent()
        await screen.hear()
        await screen.ack(sending, "rejected", user="N0217")
    assert await ward.outcome(sending) is Outcome.FAILED
    async with ward.screen("icu-1") as screen:
        await screen.welcome()
        await screen.silent(0.3)


async def test_a_withdrawn_popup_leaves_the_screens(ward: Ward) -> None:
    async with ward.screen("icu-1") as screen:
        await screen.welcome()
        sending = await ward.sent()
        await screen.hear()
        async with ward.rig.context.store.sessions.begin() as session:
            why = Withdrawal(why="recalled")
            assert await popups.withdraw(session, sending.id, why) == 1
            assert await popups.withdraw(session, sending.id, why) == 0
        gone = await screen.hear()
        assert (gone["type"], gone["id"]) == ("withdraw", str(sending.id))
        await screen.ack(sending, "confirmed", user="N0217", read_back="2号楼")
    assert await ward.outcome(sending) is Outcome.PENDING


async def test_who_may_not_connect(ward: Ward) -> None:
    ward.secrets["icu-9"] = ward.secrets["icu-1"]
    async with ward.screen("icu-9") as screen:
        assert await screen.closed() == 4401
    ward.secrets["icu-1"] = "ws_guessed"
    async with ward.screen("icu-1") as screen:
        assert await screen.closed() == 4401


@pytest.mark.parametrize("door", [Door(most=2), Door(most_of_one=2)])
async def test_at_the_door_the_oldest_gives_way(ward: Ward, door: Door) -> None:
    hub: Hub = ward.rig.app.state.hub
    hub.door = door
    url = f"ws://127.0.0.1:{ward.port}/v1/workstations/icu-1"
    async with connect(url) as first, connect(url), connect(url):
        await first.wait_closed()
        assert first.close_code == 1013
        async with ward.screen("icu-1") as one, ward.screen("icu-1") as another:
            await one.welcome()
            await another.welcome()


async def test_a_crowd_of_strangers_keeps_no_screen_out(ward: Ward) -> None:
    hub: Hub = ward.rig.app.state.hub
    hub.door = Door(seconds=60)
    url = f"ws://127.0.0.1:{ward.port}/v1/workstations/icu-1"
    with_secret = {"Authorization": f"Bearer {ward.secrets['icu-1']}"}
    async with AsyncExitStack() as crowd:
        for number in range(3 * 170):
            local = (f"127.0.0.{2 + number % 3}", 0)
            await crowd.enter_async_context(connect(url, local_addr=local))
        async with ward.screen("icu-1") as screen:
            await screen.welcome()
        async with connect(url, additional_headers=with_secret) as socket:
            screen = Screen(socket)
            await screen.say(type="hello")
            await screen.welcome()


async def test_wrong_secrets_from_an_address_keep_no_screen_out(ward: Ward) -> None:
    url = f"ws://127.0.0.1:{ward.port}/v1/workstations/icu-1"
    wrong = {"Authorization": "Bearer ws_guessed"}
    for _ in range(110):
        async with connect(url, additional_headers=wrong) as socket:
            assert await Screen(socket).closed() == 4401
    async with ward.screen("icu-1") as screen:
        await screen.welcome()


async def test_who_does_not_say_hello_in_time_is_given_up(ward: Ward) -> None:
    hub: Hub = ward.rig.app.state.hub
    hub.door = Door(seconds=0.1)
    url = f"ws://127.0.0.1:{ward.port}/v1/workstations/icu-1"
    async with connect(url) as socket:
        assert await Screen(socket).closed() == 4401


async def test_a_hello_is_short(ward: Ward) -> None:
    async with connect(f"ws://127.0.0.1:{ward.port}/v1/workstations/icu-1") as socket:
        await socket.send(json.dumps({"type": "hello", "secret": "x" * 1100}))
        assert await Screen(socket).closed() == 1009


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("not json", 1007),
        ('{"type": "ack"}', 1007),
        (NUL, 1007),
        ("x" * 9000, 1009),
        (b"x", 1007),
    ],
)
async def test_malformed_messages_end_it(
    ward: Ward, said: str | bytes, code: int
) -> None:
    async with ward.screen("icu-1") as screen:
        await screen.welcome()
        await screen.socket.send(said)
        assert await screen.closed() == code


async def test_a_new_secret_or_a_switch_off_ends_the_connection(ward: Ward) -> None:
    admin = await ward.rig.person(Role.ADMIN)
    path = "/v1/admin/workstations/icu-1"
    async with ward.screen("icu-1") as screen:
        await screen.welcome()
        seen = await ward.rig.http.get(path, headers=admin)
        assert seen.json()["online"]
        rotated = await ward.rig.http.post(f"{path}/secret", headers=admin)
        assert await screen.closed() == 4403
    ward.secrets["icu-1"] = rotated.json()["secret"]
    off = await ward.rig.http.patch(path, json={"enabled": False}, headers=admin)
    assert not off.json()["enabled"]
    async with ward.screen("icu-1") as screen:
        assert await screen.closed() == 4401


async def test_an_unknown_popup_is_refused(ward: Ward) -> None:
    other = popup(uuid4(), "ICU")
    async with ward.screen("icu-1") as screen:
        await screen.welcome()
        answer = await screen.ack(other, "displayed")
        assert (answer["type"], answer["why"]) == ("refused", "unknown")


async def test_an_address_without_a_workstation(ward: Ward) -> None:
    sender = SocketSender(PopupPost(ward.rig.context.store), lambda: None)
    with pytest.raises(RecipientRefused):
        await sender.send(popup(uuid4(), "nowhere"))
    taken = await sender.send(popup(uuid4(), "ICU"))
    assert (taken.provider, taken.delivered) == ("socket", False)


async def test_stages_only_move_forward(ward: Ward) -> None:
    sending = await ward.sent()
    async with ward.rig.context.store.sessions.begin() as session:
        found = await popups.find_popup(session, "icu-1", sending.id)
        assert found is not None
        assert await popups.move(session, found.seq, PopupStage.DISPLAYED)
        assert not await popups.move(session, found.seq, PopupStage.RECEIVED)
        assert not await popups.move(session, found.seq, PopupStage.DISPLAYED)


async def test_what_is_refused_of_a_workstation(ward: Ward) -> None:
    admin = await ward.rig.person(Role.ADMIN)

    async def add(**body: Any) -> Any:
        return await ward.rig.http.post(
            "/v1/admin/workstations", json=body, headers=admin
        )

    problem(await add(id="icu-1", name="a", department="ICU"), 409)
    for unusable in ("a b", "..", ".a"):
        problem(await add(id=unusable, name="a", department="ICU"), 422)
    wrong = await add(id="icu-3", name="a", department="ICU", staff=["一"])
    assert problem(wrong, 422)["errors"][0]["pointer"] == "/staff/0"
    listed = await ward.rig.http.get("/v1/admin/workstations", headers=admin)
    assert [item["id"] for item in listed.json()["items"]] == ["icu-1"]
    assert ward.secrets["icu-1"] not in listed.text


async def test_a_slow_reader_is_given_up_and_not_waited_for(ward: Ward) -> None:
    sending = await ward.sent()
    async with ward.rig.context.store.sessions() as session:
        event = await popups.find_popup(session, "icu-1", sending.id)
    assert event is not None
    held = Connection(SignedInScreen(id="icu-1", enabled=True, secret_hash=""))
    for _ in range(500):
        held.push(event)
    assert held.closing.result() == 1013


async def test_each_process_hands_on_to_its_own_screens(ward: Ward) -> None:
    store = ward.rig.context.store
    async with store.sessions.begin() as session:
        found = await workstations.renew(session, ["icu-1"], LEASE)
    hubs = [Hub(store), Hub(store)]
    held = [Connection(found[0]) for _ in hubs]
    async with hubs[0].joined(held[0]), hubs[1].joined(held[1]):
        await ward.sent()
        for hub in (*hubs, *hubs):
            await hub.tick()
        assert [connection.waiting.qsize() for connection in held] == [1, 1]
