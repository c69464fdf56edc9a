"""The accounts of a channel: what each holds, its share, and how its calls go."""

from collections.abc import Callable
from functools import partial

from nicegui import ui

from centre.accounts.fields import account_fields
from centre.accounts.models import AccountHealth, AccountState
from centre.accounts.service import account_states
from console.channels.account_form import draw_change, draw_new, label_of
from console.kit.context import context
from console.kit.setup import state_badge
from console.kit.shell import Text
from console.kit.texts import t
from console.kit.widgets import badge, card, facts, note, when
from core.errors import NotFound
from core.words import Channel

_MASK = "••••••••"
Pairs = list[tuple[str, str]]


async def draw_accounts(channel: Channel, *, changes: bool) -> None:
    """Draw the accounts of a channel, and the forms that set them."""
    with card(t("provider.title")):
        try:
            states = await account_states(context(), channel)
        except NotFound:
            key = (
                "provider.inbox" if channel is Channel.INBOX else "provider.no_provider"
            )
            note(t(key))
            return
        source = states[0].source if states else "none"
        note(t(f"provider.is_from_{source}"), "" if states else "warn")
        for state in states:
            _draw(state, changes=changes)
        if changes:
            _folded(t("accounts.add"), "add", partial(draw_new, channel))


def _draw(state: AccountState, *, changes: bool) -> None:
    with ui.element("section").classes("hmc-step"):
        Text("h3", f"{state.code} · {state.provider}")
        with ui.element("div"):
            state_badge(state.enabled)
            if state.health and state.health.open_until:
                badge(t("accounts.breaker"), "bad")
        facts([*_health(state.health), *_values(state)])
        if changes:
            _folded(t("provider.change"), "edit", partial(draw_change, state))


def _folded(title: str, icon: str, draw: Callable[[], None]) -> None:
    """Draw a form only once it is opened: a page may have many."""
    box = ui.expansion(title, icon=icon).classes("w-full")

    def opened() -> None:
        if not box.default_slot.children:
            with box:
                draw()

    box.on_value_change(opened)


def _health(health: AccountHealth | None) -> Pairs:
    """Return how an account stands, in words; nothing for one that is off."""
    if health is None:
        return []
    share = t("accounts.share_now", now=health.share_now, rest=health.share_at_rest)
    if health.cause and health.share_now != health.share_at_rest:
        why, at = t(f"accounts.why.{health.cause}"), when(health.changed_at)
        share += f" ({t('accounts.moved', why=why, when=at)})"
    until = health.open_until
    breaker = (
        t("accounts.breaker_open", when=when(until))
        if until
        else t("accounts.breaker_closed")
    )
    calls = {"calls": health.calls, "slow": health.slow, "errors": health.errors}
    return [
        (t("accounts.share"), share),
        (t("accounts.calls"), t("accounts.calls_seen", **calls)),
        (t("accounts.breaker"), breaker),
    ]


def _values(state: AccountState) -> Pairs:
    pairs: Pairs = []
    for field in account_fields(state.channel, state.provider):
        shown = str(state.values.get(field.name) or "—")
        if field.secret:
            held = field.name in state.secrets_set
            shown = _MASK if held else t("provider.not_set")
        pairs.append((t(label_of(field)), shown))
    for name in ("max_concurrent", "per_second"):
        if (most := getattr(state, name)) is not None:
            pairs.append((t(f"accounts.{name}"), f"{most:g}"))
    if state.set_by:
        pairs.append((t("provider.set"), f"{state.set_by} · {when(state.set_at)}"))
    return pairs
