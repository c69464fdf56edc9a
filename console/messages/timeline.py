"""What happened to a message, drawn: runs, stages, channels, calls to providers."""

from collections.abc import Sequence

from nicegui import ui

from centre.delivery.models import Attempt
from centre.delivery.timeline import ChannelStory, Run, Stage
from console.kit.names import Names
from console.kit.shell import Text
from console.kit.texts import t
from console.kit.widgets import badge, card, facts, when
from console.kit.words import attempt_tone, code_in_words, outcome_tone, why
from console.messages.summary import in_words
from core.models import MessageStatus, Step
from core.words import Outcome


def draw_story(doc: MessageStatus, runs: Sequence[Run], known: Names) -> None:
    """Draw what became of a message in a sentence, then its runs, the newest first."""
    Text("p", " ".join(in_words(doc, known))).classes("hmc-words")
    for index, run in enumerate(runs):
        if len(runs) > 1:
            key = "message.run_earlier" if index else "message.run_number"
            Text("h3", t(key, number=run.number)).classes("hmc-h2")
        for stage in run.stages:
            _draw_stage(stage, known)


def draw_recall(doc: MessageStatus) -> None:
    """Draw who took a message back, why, and what says so where it could not be."""
    taken = doc.recall
    if taken is None:
        return
    with card(t("recall.title")):
        facts(
            [
                (t("recall.by"), taken.by),
                (t("recall.at"), when(taken.at)),
                (t("frame.reason"), taken.reason),
            ]
        )
        if taken.correction is not None:
            ui.link(t("recall.correction"), f"/messages/{taken.correction}")


def _draw_stage(stage: Stage, known: Names) -> None:
    with ui.element("section").classes("hmc-step"):
        number = stage.number
        title = t("message.stage", number=number) if number else None
        Text("h3", title or t("message.stage_earlier"))
        for story in stage.channels:
            _draw_channel(story, known)


def _draw_channel(story: ChannelStory, known: Names) -> None:
    delivery = story.delivery
    with ui.element("div").classes("hmc-delivery"):
        with ui.element("div").classes("hmc-line"):
            Text("strong", known.channel(story.channel))
            if delivery is not None:
                badge(t(f"outcome.{delivery.outcome}"), outcome_tone(delivery.outcome))
                weight = t("message.weight", weight=f"{delivery.weight:g}")
                Text("span", weight).classes("hmc-quiet")
                if delivery.at is not None:
                    Text("span", when(delivery.at)).classes("hmc-quiet")
        if delivery is not None and delivery.recalled_at is not None:
            Text("p", t("recall.withdrawn", at=when(delivery.recalled_at)))
        if delivery is not None and delivery.reason is not None:
            Text("p", why(delivery.reason))
        if story.attempts:
            with ui.element("ol"):
                for attempt in story.attempts:
                    _draw_attempt(attempt)
        if story.steps:
            with ui.element("ul").classes("hmc-steps"):
                for step in story.steps:
                    _draw_step(step)


def _draw_attempt(attempt: Attempt) -> None:
    with ui.element("li"):
        with ui.element("div").classes("hmc-line"):
            Text("span", t("message.attempt", number=attempt.number))
            badge(t(f"attempt.{attempt.state}"), attempt_tone(attempt))
            Text("span", attempt.provider).classes("hmc-mono")
            Text("span", when(attempt.started_at)).classes("hmc-quiet")
            if attempt.ended_at is not None:
                seconds = (attempt.ended_at - attempt.started_at).total_seconds()
                took = t("message.took", seconds=f"{max(seconds, 0):.2f}")
                Text("span", took).classes("hmc-quiet")
        if attempt.code or attempt.reason:
            _draw_answer(attempt)
        if attempt.provider_message_id:
            _pair(t("message.provider_id"), attempt.provider_message_id)
        if attempt.receipt_outcome is not None:
            _draw_receipt(attempt, attempt.receipt_outcome)


def _draw_receipt(attempt: Attempt, outcome: Outcome) -> None:
    """Draw what the provider reported of a call later."""
    with ui.element("div").classes("hmc-line"):
        Text("span", t("receipts.reported"))
        badge(t(f"outcome.{outcome}"), outcome_tone(outcome))
        Text("span", when(attempt.receipt_at)).classes("hmc-quiet")
        if attempt.receipt_code:
            words = code_in_words(attempt.provider, attempt.receipt_code)
            Text("span", words).classes("hmc-mono")


def _draw_step(step: Step) -> None:
    """Draw what was done about a delivery that nobody was sure of, and why."""
    with ui.element("li"), ui.element("div").classes("hmc-line"):
        Text("span", t(f"step.{step.kind}"))
        if step.outcome is not None:
            badge(t(f"outcome.{step.outcome}"), outcome_tone(step.outcome))
        elif step.why is not None:
            Text("span", t(f"step.why_{step.why}"))
        else:
            Text("span", t("step.nothing"))
        Text("span", when(step.at)).classes("hmc-quiet")


def _draw_answer(attempt: Attempt) -> None:
    if attempt.reason is not None:
        Text("p", why(attempt.reason))
    if attempt.code is not None:
        words = code_in_words(attempt.provider, attempt.code)
        _pair(t("message.code"), words)


def _pair(name: str, value: str) -> None:
    with ui.element("div").classes("hmc-line"):
        Text("span", name).classes("hmc-quiet")
        Text("span", value).classes("hmc-mono")
