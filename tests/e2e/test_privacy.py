"""What lies on disk and in histories: nothing of a person's in clear."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from tests.support.centre.providers import providers_of, rule
from tests.support.centre.running import Centre, notices_file
from tests.support.centre.system import Document, Person, joined, signed_in
from tests.support.centre.types import BOOKING, define, message

pytestmark = pytest.mark.asyncio(loop_scope="module")
PERSON = Person(
    mobile="13787654321",
    openid="o-zqxopenid",
    userid="zqxuserid",
    email="zqxmail@hospital.example",
    workstation="ZQX-WS-1",
    empi="ZQXEMPI1",
    mini="m-zqxmini",
    alipay="2088987654321098",
)
NAME, VALUE, DETAIL = "欧阳zqxname", "复诊zqxparam", "肝功能zqxdetail"
MARKERS = (
    *(PERSON.mobile, PERSON.openid, PERSON.userid, PERSON.email),
    *(PERSON.workstation, PERSON.empi, PERSON.mini, PERSON.alipay),
    *(NAME, VALUE, DETAIL),
    # In part, too: a value may be cut. Short ones would stand in random bytes.
    *("欧阳zqx", "复诊zqx", "肝功能zqx", "zqxname", "zqxparam", "zqxdetail"),
)


@dataclass(frozen=True)
class Evidence:
    """A delivered message, one that every channel refused, and their histories."""

    delivered: str
    failed: str
    histories: dict[str, Document]

    @property
    def ids(self) -> tuple[str, str]:
        """Both messages."""
        return self.delivered, self.failed


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def evidence(centre: Centre, temporal_cli: Path) -> AsyncIterator[Evidence]:
    """Send, have one delivered and one fail, and let everybody look at them."""
    about = {"title": DETAIL, "items": [{"label": DETAIL, "value": DETAIL}]}
    told = {
        "recipient": {"identities": PERSON.identities, "name": NAME},
        "params": {"patient": VALUE, "time": "2026-11-24 09:30", "number": "zqxnumber"},
        "detail": about,
    }
    async with signed_in(centre) as admin, providers_of(centre) as providers:
        await define(admin, "privacy-booking", BOOKING)
        known = {"mobile": PERSON.mobile, "id_card": "11010519491231002X"}
        patient = {"name": NAME, "identities": known}
        await admin.ask("PUT", f"/admin/patients/{PERSON.empi}", patient)
        async with joined(centre, "privacy-his") as system:
            await providers.obey()
            body = message("privacy-booking", PERSON, **told)
            delivered = await system.send({**body, "reference": "r-1"}, "privacy-key")
            await system.listed_as(1, reference="r-1", status="delivered")
            outcomes = ("rate_limit", "invalid_recipient", "reject")
            bad = zip(BOOKING, outcomes, strict=True)
            await providers.obey(*(rule(PERSON, c, outcome) for c, outcome in bad))
            failed = await system.send(body)
            assert (await system.ended(failed))["status"] == "failed"
            assert await system.listed(recipient=PERSON.mobile)
            assert (await system.post({**body, "type": VALUE})).status_code == 422
            assert (await system.post(body | {VALUE: VALUE})).status_code == 422
    show = [await history(centre, temporal_cli, id) for id in (delivered, failed)]
    yield Evidence(delivered, failed, dict(zip((delivered, failed), show, strict=True)))


async def history(centre: Centre, cli: Path, message_id: str) -> Document:
    """Return what an operator without keys sees of a message's workflow."""
    show = await asyncio.create_subprocess_exec(
        *(str(cli), "workflow", "show", "-w", f"message-{message_id}", "-o", "json"),
        *("--address", centre.settings.temporal),
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await show.communicate()
    assert show.returncode == 0
    found: Document = json.loads(output)
    return found


def payloads(node: object) -> Iterator[tuple[str, bytes]]:
    """Yield each payload of a history: how it is encoded, and its bytes."""
    if isinstance(node, list):
        for item in node:
            yield from payloads(item)
    elif isinstance(node, dict):
        if isinstance(node.get("metadata"), dict) and "data" in node:
            encoding = base64.b64decode(node["metadata"]["encoding"]).decode()
            yield encoding, base64.b64decode(node["data"])
        for value in node.values():
            yield from payloads(value)


def found_in(content: bytes) -> list[str]:
    """Return the markers that stand in some bytes, as text or as JSON has it."""
    escaped = ((m, json.dumps(m)[1:-1].encode()) for m in MARKERS)
    return [m for m, e in escaped if m.encode() in content or e in content]


async def test_a_marker_would_be_seen() -> None:
    assert found_in(json.dumps({"a": NAME}).encode()) == [NAME, "欧阳zqx", "zqxname"]
    shown = json.dumps({"a": VALUE}, ensure_ascii=False)
    assert found_in(shown.encode()) == [VALUE, "复诊zqx", "zqxparam"]


async def test_histories_hold_nothing_of_a_person(evidence: Evidence) -> None:
    for shown in evidence.histories.values():
        assert found_in(json.dumps(shown, ensure_ascii=False).encode()) == []
        seen = list(payloads(shown))
        assert {"binary/encrypted"} < {encoding for encoding, _ in seen}
        for _, content in seen:
            assert found_in(content) == []


async def test_an_operator_reads_in_clear_what_was_done(evidence: Evidence) -> None:
    shown = evidence.histories[evidence.delivered]
    clear = [json.loads(c) for e, c in payloads(shown) if e == "json/plain"]
    for summary in ("wechat, stage 1, run 1", "privacy-booking from privacy-his"):
        assert summary in clear
    failed = json.dumps(evidence.histories[evidence.failed])
    assert "Encoded failure" in failed


async def test_the_first_channel_costs_fourteen_events_at_most(
    evidence: Evidence,
) -> None:
    events = evidence.histories[evidence.delivered]["events"]
    assert len(events) <= 14, [event["eventType"] for event in events]


async def test_databases_hold_nothing_of_a_person(
    centre: Centre, evidence: Evidence
) -> None:
    for name in ("centre.db", "temporal.db"):
        content = b"".join(
            path.read_bytes() for path in centre.settings.state_dir.glob(f"{name}*")
        )
        for id in evidence.ids:
            assert id.encode() in content or id.replace("-", "").encode() in content
        assert found_in(content) == []


async def test_logs_hold_nothing_of_a_person(
    centre: Centre, evidence: Evidence
) -> None:
    logs = [*(centre.settings.state_dir / "logs").iterdir()]
    logs.append(notices_file(centre.settings.state_dir))
    assert {"api.log", "worker.log", "temporal.log", "sandbox.log"} <= {
        path.name for path in logs
    }
    assert evidence.failed.encode() in b"".join(p.read_bytes() for p in logs)
    for path in logs:
        assert found_in(path.read_bytes()) == [], path.name
