"""A list is checked whole: every wrong line is told, and the others may go out."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from centre.audit.audit import Actor
from centre.batches.accept import accept_batch
from centre.batches.files import ListCheck, examine, request_of
from centre.catalog.message_types import find_message_type
from centre.clients import queries as clients
from centre.clients.models import Client
from core.errors import Conflict
from core.policies import MessageType
from core.sheets.lines import Faulty
from core.sheets.reading import read_sheet
from core.words import Role
from tests.support.api.rig import Rig, running_api

LABELS = {"手机号": "mobile", "Mobile": "mobile", "姓名": "name"}
HEAD = "手机号,姓名,exam,place\n"


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with running_api(tmp_path / "var") as running:
        await running.client("his")
        yield running


async def his(rig: Rig) -> tuple[Client, MessageType]:
    async with rig.context.store.sessions() as session:
        client = await clients.find_client(session, "his")
    kind = await find_message_type(rig.context, "exam-booking")
    assert client is not None
    assert kind is not None
    return client, kind


async def examined(rig: Rig, text: str) -> ListCheck:
    client, message_type = await his(rig)
    return await examine(
        rig.context, client, read_sheet(text.encode()), message_type, LABELS
    )


def where(found: ListCheck) -> list[tuple[int, str]]:
    return [(fault.line, fault.column) for fault in found.faults]


async def test_every_kind_of_wrong_line_is_told_at_once(rig: Rig) -> None:
    found = await examined(
        rig,
        HEAD
        + "13800138000,张三,CT,1 号楼\n"
        + "1380,李四,CT,1 号楼\n"
        + ",王五,CT,1 号楼\n"
        + "13800138001,赵六,#N/A,1 号楼\n"
        + "13800138002,钱七,CT\n"
        + f"13800138003,{'长' * 200},CT,1 号楼\n"
        + "13800138004,孙八,CT,1 号楼,备注\n",
    )
    assert where(found) == [
        (3, "手机号"),
        (4, ""),
        (5, "exam"),
        (6, "place"),
        (7, "姓名"),
        (8, ""),
    ]
    assert found.asked is not None
    assert [r.name for r in found.asked.recipients] == ["张三"]


async def test_a_thousand_wrong_lines_are_all_known(rig: Rig) -> None:
    lines = "".join(f"1380,李四,CT,{n}\n" for n in range(1_000))
    found = await examined(rig, HEAD + lines + "13800138000,张三,CT,1 号楼\n")
    assert len(found.faults) == 1_000
    assert found.asked is not None
    assert len(found.asked.recipients) == 1


async def test_with_no_good_line_nothing_can_be_sent(rig: Rig) -> None:
    found = await examined(rig, HEAD + "1380,李四,CT,1\n")
    assert (found.asked, found.checked) == (None, None)


async def test_a_column_that_nobody_reads_is_left_out_and_said(rig: Rig) -> None:
    found = await examined(
        rig, "病区,手 机 号,exam,place,错误\n3 区,13800138000,CT,一楼,旧的\n"
    )
    assert found.unknown == ("病区",)
    assert found.asked is not None
    assert found.asked.recipients[0].params == {"exam": "CT", "place": "一楼"}


@pytest.mark.parametrize(
    ("head", "column"),
    [("手机号,mobile,exam,place", "mobile"), ("病区,备注,exam,place", "")],
)
async def test_a_head_that_can_not_be_read(rig: Rig, head: str, column: str) -> None:
    found = await examined(rig, f"{head}\n13800138000,13800138000,CT,一楼\n")
    assert where(found)[0] == (1, column)
    assert found.asked is None


async def test_who_is_named_twice_is_told(rig: Rig) -> None:
    found = await examined(rig, HEAD + "13800138000,,CT,1\n+86 13800138000,,CT,2\n")
    assert found.checked is not None
    assert found.checked.repeats.count == 1


async def test_faults_are_told_in_one_error_too(rig: Rig) -> None:
    _, message_type = await his(rig)
    with pytest.raises(Faulty) as refused:
        request_of(
            read_sheet(f"{HEAD},张三,CT,1\n,李四,CT,1\n".encode()), message_type, LABELS
        )
    assert [fault.line for fault in refused.value.faults] == [2, 3]


async def test_what_was_checked_is_what_is_sent_or_nothing(rig: Rig) -> None:
    found = await examined(rig, HEAD + "13800138000,张三,CT,1 号楼\n")
    assert found.asked is not None
    assert found.checked is not None
    client, _ = await his(rig)
    actor = Actor(who="o", role=Role.OPERATOR, address="")
    admin = await rig.person(Role.ADMIN)
    text = {"title": "t", "body": "{{exam}} {{place}} 新"}
    at = "/v1/admin/message-types/exam-booking/templates/email"
    frame, parts = found.checked.frame, rig.context
    done = await accept_batch(parts, client, found.asked, None, actor, as_checked=frame)
    assert done.batch.count == 1
    changed = await rig.http.put(at, json=text, headers=admin)
    assert changed.status_code == 200, changed.text
    policy = {"strategy": "broadcast", "threshold": 0.5, "channels": []}
    policy["channels"] = [{"channel": c, "weight": 0.9} for c in ("sms", "email")]
    put = await rig.http.put(
        "/v1/admin/message-types/exam-booking/policy", json=policy, headers=admin
    )
    assert put.status_code == 200, put.text
    with pytest.raises(Conflict):
        await accept_batch(parts, client, found.asked, None, actor, as_checked=frame)
