"""The inbox: found by any of a person's identities, read once, gone when taken back."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from centre.workstations import inbox_queries as inbox
from centre.workstations import removal_queries as removals
from core.models import Address
from core.words import (
    USUAL_SCOPES,
    IdentityType,
    Outcome,
    Role,
    Scope,
)
from tests.support.api.inboxes import (
    SHARED,
    ZHANG,
    deposited,
    found,
    outcome,
    query,
    read,
    running_inboxes,
)
from tests.support.api.rig import Headers, Rig, pointers, problem


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with running_inboxes(tmp_path / "var") as running:
        yield running


@pytest.fixture
async def app(rig: Rig) -> Headers:
    return rig.as_client(await rig.new_client("app", scopes=[Scope.INBOX_READ]))


async def test_an_item_is_listed_opened_and_stays_read(rig: Rig, app: Headers) -> None:
    message_id, item = await deposited(rig)
    answer = (await query(rig, app, {"empi_id": "E100"})).json()
    (shown,) = answer["items"]
    assert datetime.fromisoformat(shown.pop("at")).utcoffset() is not None
    assert shown == {
        "id": str(item),
        "type": "exam-booking",
        "title": "检验报告",
        "body": "您的报告已出",
        "link": "https://centre.example/m/1",
        "read_at": None,
    }
    assert (answer["unread"], answer["next"]) == (1, None)
    assert outcome(rig, message_id) is Outcome.READ
    opened = await read(rig, app, item)
    assert opened.status_code == 200
    assert opened.json()["id"] == str(item)
    first = opened.json()["read_at"]
    assert (await read(rig, app, item)).json()["read_at"] == first
    again = (await query(rig, app, {"empi_id": "E100"})).json()
    assert again["unread"] == 0
    assert again["items"][0]["read_at"] == first
    receipts = [name for name, *_ in rig.flows.orders if name == "receipt"]
    assert len(receipts) == 1


async def test_opening_alone_makes_it_read(rig: Rig, app: Headers) -> None:
    message_id, item = await deposited(rig)
    assert (await read(rig, app, item)).status_code == 200
    assert outcome(rig, message_id) is Outcome.READ


async def test_it_becomes_read_though_the_workflow_has_ended(
    rig: Rig, app: Headers
) -> None:
    message_id, _ = await deposited(rig)
    rig.flows.ended.add(message_id)
    rig.flows.docs.pop(message_id)
    await query(rig, app, {"empi_id": "E100"})
    operator = await rig.person(Role.OPERATOR)
    doc = (await rig.http.get(f"/v1/messages/{message_id}", headers=operator)).json()
    assert doc["deliveries"][0]["outcome"] == "read"


@pytest.mark.parametrize("kind", ZHANG)
async def test_any_identity_finds_what_was_sent_to_another(
    rig: Rig, app: Headers, kind: str
) -> None:
    _, first = await deposited(rig, "empi_id", "E100")
    _, second = await deposited(rig, "patient_id", "P100", client="lis")
    assert await found(rig, app, {kind: ZHANG[kind]}) == [str(second), str(first)]


async def test_each_identity_is_taken_in_its_one_spelling(
    rig: Rig, app: Headers
) -> None:
    _, item = await deposited(rig)
    for spelt in ({"mobile": "+86 138-0013-8000"}, {"id_card": "11010519491231002x"}):
        assert await found(rig, app, spelt) == [str(item)]


async def test_what_several_share_names_nobody(rig: Rig, app: Headers) -> None:
    await deposited(rig)
    assert await found(rig, app, SHARED) == []
    assert await found(rig, app, {"mobile": "13700137000"}) == []
    assert await found(rig, app, {"empi_id": "E999"}) == []


async def test_another_persons_identity_opens_nothing_of_theirs(
    rig: Rig, app: Headers
) -> None:
    _, zhangs = await deposited(rig, "empi_id", "E100")
    _, lis = await deposited(rig, "empi_id", "E200", client="lis")
    mixed = {"wechat_mini_openid": "mini-li", "empi_id": "E100"}
    assert await found(rig, app, mixed) == [str(zhangs)]
    assert await found(rig, app, {"empi_id": "E200"}) == [str(lis)]


async def test_whom_the_index_does_not_know_is_found_as_addressed(
    rig: Rig, app: Headers
) -> None:
    _, item = await deposited(rig, "patient_id", "P777")
    assert await found(rig, app, {"patient_id": "P777"}) == [str(item)]
    assert await found(rig, app, {"empi_id": "E100", "patient_id": "P777"}) == [
        str(item)
    ]


async def test_pages_follow_one_another(rig: Rig, app: Headers) -> None:
    items = [str((await deposited(rig, client=f"c{n}"))[1]) for n in range(5)]
    seen: list[str] = []
    cursor = None
    for left in (2, 2, 1):
        answer = await query(rig, app, {"empi_id": "E100"}, limit=2, cursor=cursor)
        page = answer.json()
        assert len(page["items"]) == left
        assert page["unread"] == 5
        seen += [item["id"] for item in page["items"]]
        cursor = page["next"]
    assert cursor is None
    assert seen == items[::-1]


async def test_what_was_taken_back_or_is_over_lies_there_no_more(
    rig: Rig, app: Headers
) -> None:
    message_id, item = await deposited(rig, client="his")
    past = datetime.now(UTC) - timedelta(seconds=1)
    _, old = await deposited(rig, client="lis", expires_at=past)
    assert await found(rig, app, {"empi_id": "E100"}) == [str(item)]
    operator = await rig.person(Role.OPERATOR)
    back = await rig.http.post(
        f"/v1/messages/{message_id}/recall", json={"reason": "x"}, headers=operator
    )
    assert back.status_code == 202
    answer = (await query(rig, app, {"empi_id": "E100"})).json()
    assert (answer["items"], answer["unread"]) == ([], 0)
    for gone in (item, old):
        problem(await read(rig, app, gone), 404)


async def test_a_late_deposit_of_what_was_taken_back_is_not_shown(
    rig: Rig, app: Headers
) -> None:
    message_id, item = await deposited(rig)
    async with rig.context.store.sessions.begin() as session:
        await removals.remove(session, message_id, "recalled")
        await inbox.deposit(
            session,
            delivery_id=item,
            message_id=message_id,
            owner=Address(type=IdentityType.EMPI_ID, value="E100"),
            title="t",
            body="b",
        )
    assert await found(rig, app, {"empi_id": "E100"}) == []
    problem(await read(rig, app, item), 404)


async def test_it_is_read_while_temporal_is_away_and_told_later(
    rig: Rig, app: Headers
) -> None:
    message_id, item = await deposited(rig)
    rig.flows.down = True
    assert await found(rig, app, {"empi_id": "E100"}) == [str(item)]
    assert (await read(rig, app, item)).status_code == 200
    rig.flows.down = False
    assert outcome(rig, message_id) is Outcome.DELIVERED
    await query(rig, app, {"empi_id": "E100"})
    assert outcome(rig, message_id) is Outcome.READ


async def test_only_who_was_given_the_scope_reads(rig: Rig) -> None:
    _, item = await deposited(rig)
    assert Scope.INBOX_READ not in USUAL_SCOPES
    usual = await rig.client("usual")
    for answer in (
        await query(rig, usual, {"empi_id": "E100"}),
        await read(rig, usual, item),
    ):
        problem(answer, 403)


async def test_what_is_wrong_is_named_and_never_repeated(
    rig: Rig, app: Headers
) -> None:
    wrong: list[tuple[dict[str, Any], list[str]]] = [
        ({"identities": {}}, ["/identities"]),
        ({"identities": {"mobile": "123"}}, ["/identities/mobile"]),
        (
            {"identities": {"id_card": "110105194912310021", "email": "x"}},
            ["/identities/id_card", "/identities/email"],
        ),
        ({"identities": {"empi_id": "E100"}, "limit": 0}, ["/limit"]),
        ({"identities": {"empi_id": "E100"}, "limit": 201}, ["/limit"]),
        ({"identities": {"empi_id": "E100"}, "cursor": "x"}, ["/cursor"]),
        ({"identities": {"empi_id": "E100"}, "more": 1}, ["/more"]),
        ({}, ["/identities"]),
    ]
    for body, places in wrong:
        answer = await rig.http.post("/v1/inbox/query", json=body, headers=app)
        assert pointers(answer) == places, body
        assert "110105194912310021" not in answer.text
    unnamed = await query(rig, app, {"nickname": "x"})
    assert unnamed.status_code == 422
    problem(await read(rig, app, UUID(int=1)), 404)


async def test_nothing_of_a_person_is_logged(rig: Rig, app: Headers) -> None:
    _, item = await deposited(rig)
    with capture_logs() as logs:
        await query(rig, app, ZHANG)
        await read(rig, app, item)
        await query(rig, app, {"mobile": "13800138000x"})
    for secret in (*ZHANG.values(), "检验报告"):
        assert secret not in str(logs)


async def test_the_old_is_forgotten(rig: Rig) -> None:
    store, now = rig.context.store, datetime.now(UTC)
    owner = Address(type=IdentityType.EMPI_ID, value="E100")
    await deposited(rig)
    for later, kept in ((timedelta(days=1), 1), (inbox.KEPT + timedelta(days=1), 0)):
        async with store.sessions.begin() as session:
            await inbox.purge(session, now + later)
            assert await inbox.count_unread(session, [owner]) == kept
