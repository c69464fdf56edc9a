"""What is taken back, cancelled or over is gone: its page says so and no more."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from centre.delivery.links import Links
from centre.messages import status as progress
from centre.messages.links import LINK_LIFE, read_link
from centre.workstations import removal_queries as removals
from core.models import Recall
from core.words import Role, Status
from tests.support.api.rig import Headers, Rig, problem

DETAIL: dict[str, Any] = {
    "title": "病理报告",
    "items": [{"label": "结论", "value": "见到异型细胞"}],
}
SECRETS = ("病理报告", "结论", "见到异型细胞", "CT")


@pytest.fixture
async def his(rig: Rig) -> Headers:
    return await rig.client("his")


async def page(rig: Rig, message_id: UUID, language: str = "zh") -> httpx.Response:
    """Open the link that the message's texts carried."""
    message = rig.flows.accepted[message_id]
    links = Links("http://centre", rig.context.keyring.token_key)
    made = links.link(message_id, message.created_at, None)
    path = made.removeprefix("http://centre")
    return await rig.http.get(path, headers={"accept-language": language})


async def check_gone(rig: Rig, message_id: UUID) -> None:
    """The page says in both languages that it is no more, and nothing else."""
    words = {"zh": "此消息已失效", "en": "This message is no longer valid"}
    for language, said in words.items():
        answer = await page(rig, message_id, language)
        assert answer.status_code == 410
        assert f"<title>{said}</title>" in answer.text
        assert f"<h1>{said}</h1>" in answer.text
        assert not any(secret in answer.text for secret in SECRETS)
        assert answer.headers["cache-control"] == "no-store"


async def take_back(rig: Rig, message_id: UUID, his: Headers) -> None:
    answer = await rig.http.post(
        f"/v1/messages/{message_id}/recall", json={"reason": "x"}, headers=his
    )
    assert answer.status_code == 202, answer.text


@pytest.mark.parametrize("recorded", [True, False], ids=["recorded", "unrecorded"])
@pytest.mark.parametrize("silent", [True, False], ids=["silent", "answering"])
@pytest.mark.parametrize("ended", [True, False], ids=["ended", "running"])
async def test_a_recall_closes_the_page_at_once(
    rig: Rig, his: Headers, ended: bool, silent: bool, recorded: bool
) -> None:
    message_id = await rig.sent(his, detail=DETAIL)
    rig.flows.stand(message_id, Status.DELIVERED if ended else Status.DELIVERING)
    if ended:
        rig.flows.ended.add(message_id)
    if recorded:
        await rig.record(message_id)
    assert "见到异型细胞" in (await page(rig, message_id)).text
    await take_back(rig, message_id, his)
    rig.flows.silent = silent
    await check_gone(rig, message_id)


async def test_a_recall_after_retention_closes_the_page(rig: Rig, his: Headers) -> None:
    message_id = await rig.sent(his, detail=DETAIL)
    rig.flows.stand(message_id, Status.DELIVERED)
    await rig.record(message_id)
    rig.flows.docs.clear()  # Temporal has forgotten it
    await take_back(rig, message_id, his)
    await check_gone(rig, message_id)
    rig.flows.down = True
    await check_gone(rig, message_id)


async def test_a_recall_of_before_is_known_by_its_document(
    rig: Rig, his: Headers
) -> None:
    message_id = await rig.sent(his, detail=DETAIL)
    rig.flows.stand(message_id, Status.DELIVERED)
    now = datetime.now(UTC)
    why = Recall(by="op", reason="x", at=now)
    doc = rig.flows.docs[message_id]
    rig.flows.docs[message_id] = progress.with_recall(doc, why, (), now)
    await check_gone(rig, message_id)  # so says the workflow, before the store
    await rig.record(message_id)
    rig.flows.silent = True
    await check_gone(rig, message_id)


@pytest.mark.parametrize("end", [Status.CANCELLED, Status.EXPIRED])
async def test_the_workflow_is_believed_before_the_store(
    rig: Rig, his: Headers, end: Status
) -> None:
    message_id = await rig.sent(his, detail=DETAIL)
    rig.flows.stand(message_id, Status.DELIVERING)
    await rig.record(message_id)
    rig.flows.stand(message_id, end)
    await check_gone(rig, message_id)
    await rig.record(message_id)
    rig.flows.silent = True
    await check_gone(rig, message_id)


async def test_an_expired_message_has_no_page_whatever_its_link_says(
    rig: Rig, his: Headers
) -> None:
    soon = datetime.now(UTC) + timedelta(hours=1)
    message_id = await rig.sent(his, detail=DETAIL, expires_at=soon.isoformat())
    rig.flows.stand(message_id, Status.DELIVERED)
    assert (await page(rig, message_id)).status_code == 200
    message = rig.flows.accepted[message_id]
    past = {"expires_at": datetime.now(UTC) - timedelta(seconds=1)}
    rig.flows.accepted[message_id] = message.model_copy(update=past)
    await check_gone(rig, message_id)


async def test_a_delivered_message_keeps_its_page_through_a_late_cancel(
    rig: Rig, his: Headers
) -> None:
    message_id = await rig.sent(his, detail=DETAIL)
    rig.flows.stand(message_id, Status.DELIVERED)
    await rig.record(message_id)
    path = f"/v1/messages/{message_id}/cancel"
    problem(await rig.http.post(path, headers=his), 409)
    assert (await page(rig, message_id)).status_code == 200


async def test_what_was_taken_back_is_not_sent_again(rig: Rig, his: Headers) -> None:
    message_id = await rig.sent(his)
    rig.flows.fail(message_id)
    async with rig.context.store.sessions.begin() as session:
        await removals.remove(session, message_id, "recalled")
    operator = await rig.person(Role.OPERATOR)
    path = f"/v1/messages/{message_id}/resend"
    again = await rig.http.post(path, json={"reason": "x"}, headers=operator)
    assert "taken back" in problem(again, 409)["detail"]


@pytest.mark.parametrize("hours", [1, 24 * 29, 24 * 31, None])
def test_a_link_lives_no_longer_than_its_message(hours: int | None) -> None:
    key, made_at = b"k" * 32, datetime(2026, 3, 1, tzinfo=UTC)
    expires = None if hours is None else made_at + timedelta(hours=hours)
    link = Links("http://c", key).link(UUID(int=1), made_at, None, expires)
    token = link.rpartition("/")[2]
    end = min(made_at + LINK_LIFE, expires or datetime.max.replace(tzinfo=UTC))
    assert read_link(key, token, end - timedelta(seconds=1)) == UUID(int=1)
    assert read_link(key, token, end) is None
    assert read_link(key, token) == UUID(int=1)
