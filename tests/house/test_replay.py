"""Recorded histories replay: messages under way survive a new release."""

from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer

from core.codec import data_converter
from core.models import MessageStatus
from serving import WORKFLOWS
from tests.support.recording.histories import HISTORIES
from tests.support.workflows.rig import KEYRING

ENDINGS = sorted(HISTORIES.glob("*.json"))


def _history(path: Path) -> WorkflowHistory:
    return WorkflowHistory.from_json(f"message-{path.stem}", path.read_text())


def test_every_ending_is_recorded() -> None:
    endings = {path.stem.partition("_")[0] for path in ENDINGS}
    assert endings == {"delivered", "failed", "cancelled", "expired"}


@pytest.mark.parametrize("path", ENDINGS, ids=lambda path: path.stem)
async def test_a_recorded_history_replays(path: Path) -> None:
    replayer = Replayer(workflows=WORKFLOWS, data_converter=data_converter(KEYRING))
    await replayer.replay_workflow(_history(path))


@pytest.mark.parametrize("path", ENDINGS, ids=lambda path: path.stem)
async def test_a_history_holds_the_ending_it_is_named_for(path: Path) -> None:
    last = _history(path).events[-1]
    result = last.workflow_execution_completed_event_attributes.result.payloads
    [doc] = await data_converter(KEYRING).decode(result, [MessageStatus])
    assert doc.status == path.stem.partition("_")[0]


async def test_a_first_channel_message_stays_within_its_events() -> None:
    """The floor, a bare workflow of one activity, is 11 (benchmarks/RESULTS.md)."""
    assert len(_history(HISTORIES / "delivered.json").events) <= 14


@pytest.mark.parametrize("path", ENDINGS, ids=lambda path: path.stem)
def test_a_history_shows_no_person(path: Path) -> None:
    text = path.read_text()
    for secret in ("13812345678", "oooooooo", "zhang"):
        assert secret not in text
