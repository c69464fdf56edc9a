"""Sends a test message through a channel, and says what the provider answered."""

from nicegui import ui

from centre.accounts.trial import Trial, TrialResult, send_trial
from centre.audit.audit import Actor
from centre.audit.roles import ADMINS
from centre.catalog import dictionaries
from centre.catalog.message_types import all_message_types
from console.kit.acting import acting
from console.kit.context import context
from console.kit.forms import Form
from console.kit.setup import check_given, in_words
from console.kit.texts import t
from console.kit.widgets import button, card, facts, note
from core.identities import ADDRESSES
from core.words import Channel

_PLAIN = ""
_GOOD = frozenset({"delivered", "taken"})


async def draw_test(channel: Channel) -> None:
    """Draw the form of a test, and room for the answer."""
    spoken = {
        message_type.code: in_words(message_type.name, message_type.name_en)
        for message_type in await all_message_types(context())
        if channel in message_type.templates
    }
    kinds = await _identities(channel)
    form = Form()
    with card(t("trial.title")):
        note(t("trial.hint"))
        with ui.element("div").classes("hmc-row"):
            form.choice("identity_type", "trial.identity", kinds, next(iter(kinds)))
            form.text("value", "trial.value")
            words = {_PLAIN: t("trial.plain"), **spoken}
            form.choice("message_type", "trial.words", words, _PLAIN)
        answer = ui.element("div").classes("hmc-preview")
        answer.props["aria-live"] = "polite"

        @acting(*ADMINS)
        async def send(actor: Actor) -> None:
            check_given(form, "value")
            answer.clear()
            send_button.set_enabled(False)
            try:
                result = await _sent(channel, form, actor)
            finally:
                send_button.set_enabled(True)
            with answer:
                _draw_answer(result)

        with ui.element("div").classes("hmc-buttons"):
            send_button = button(t("trial.send"), send, icon="send", kind="primary")


async def _identities(channel: Channel) -> dict[str, str]:
    """Return the identities by which this channel reaches people, the best first."""
    found = await dictionaries.list_identity_types(context())
    names = {kind.code: in_words(kind.name, kind.name_en) for kind in found}
    return {kind.value: names.get(kind, kind.value) for kind in ADDRESSES[channel]}


async def _sent(channel: Channel, form: Form, actor: Actor) -> TrialResult:
    with form.checked():
        trial = Trial(
            identity_type=form.value("identity_type"),
            value=form.value("value"),
            message_type=form.value("message_type") or None,
        )
        return await send_trial(context(), channel, trial, actor)


def _draw_answer(result: TrialResult) -> None:
    note(t(f"verdict.{result.verdict}"), "" if result.verdict in _GOOD else "bad")
    facts(
        [
            (t("trial.code"), result.code or "—"),
            (t("trial.provider"), result.provider or "—"),
            (t("trial.number"), result.provider_message_id or "—"),
        ]
    )
