"""The policy editor: weights against a threshold, and the stages that follow."""

from nicegui import ui

from centre.audit.audit import Actor
from centre.audit.roles import ADMINS
from centre.catalog.message_types import message_type
from centre.catalog.models import PolicyVersion
from centre.catalog.policies import policy_versions, put_policy, review_policy
from console.catalog.breaking import confirm_breaking
from console.catalog.policy_form import PolicyForm
from console.catalog.policy_words import stages_in_words
from console.kit.acting import acting
from console.kit.context import context
from console.kit.frame import page
from console.kit.setup import back, channel_names, in_words, may_change
from console.kit.shell import Text, heading
from console.kit.texts import t
from console.kit.widgets import button, card, note, when
from core.policies import MessageType
from core.words import Channel


@page("/types/{code}/policy", title="policy.title", headed=False)
async def policy(code: str) -> None:
    """Edit how messages of a type go out."""
    kind = await message_type(context(), code)
    versions = await policy_versions(context(), code)
    names = await channel_names()
    changes = await may_change()
    name = in_words(kind.name, kind.name_en)
    back(f"/types/{code}", name)
    number = kind.policy.version
    subtitle = t("policy.version", number=number) if number else None
    heading(t("policy.of", name=name), subtitle)
    form = PolicyForm(names, kind.policy, frozenset(kind.templates), changes)
    form.draw()
    if changes:
        _draw_save(kind, form)
    _draw_versions(versions, names, form, changes)


def _draw_save(message_type: MessageType, form: PolicyForm) -> None:
    @acting(*ADMINS)
    async def save(actor: Actor) -> None:
        change = form.change(over=message_type.policy.version)
        review = await review_policy(context(), message_type.code, change)
        if not await confirm_breaking(review):
            return
        await put_policy(context(), message_type.code, change, actor, review.agreed)
        ui.navigate.reload()

    note(t("policy.save_hint"))
    with ui.element("div").classes("hmc-buttons"):
        button(t("policy.save"), save, icon="save", kind="primary")


def _draw_versions(
    versions: tuple[PolicyVersion, ...],
    names: dict[Channel, str],
    form: PolicyForm,
    changes: bool,
) -> None:
    with card(t("setup.versions")):
        if not versions:
            note(t("policy.no_versions"))
        for version in versions:
            with ui.element("div").classes("hmc-version"):
                number = t("policy.version", number=version.policy.version)
                with ui.element("div"):
                    Text("strong", number)
                    who = f"{version.set_by} · {when(version.set_at)}"
                    Text("div", who).classes("hmc-quiet")
                    Text("div", stages_in_words(version.policy, names))
                if changes and version is not versions[0]:
                    _take_up(version, number, form)


def _take_up(version: PolicyVersion, number: str, form: PolicyForm) -> None:
    made = button(
        t("policy.take_up"),
        lambda: form.show(version.policy),
        icon="history",
        kind="quiet",
    )
    made.props["aria-label"] = f"{t('policy.take_up')}: {number}"
