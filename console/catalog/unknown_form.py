"""What follows an unknown outcome, as a policy's form shows and sets it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

from nicegui import ui

from console.kit.texts import t
from console.kit.widgets import note
from core.policies import WHOLE_TYPE, Policy, Unknown
from core.words import Channel, Then

Whose = Channel | Literal["*"]
_USUAL = "usual"
_LONGEST = 86_400


@dataclass
class _Rule:
    """One line: what follows, and after how long."""

    then: ui.select
    seconds: ui.number

    def value(self) -> Unknown | None:
        """Return what stands in the line, None where nothing is said."""
        if self.then.value == _USUAL:
            return None
        given = self.seconds.value
        wait = int(given) if isinstance(given, int | float) else 0
        return Unknown(wait_seconds=min(max(wait, 0), _LONGEST), then=self.then.value)


@dataclass
class UnknownForm:
    """A line for the whole type, and one for each channel."""

    names: Mapping[Channel, str]
    _rules: dict[Whose, _Rule] = field(default_factory=dict)

    def draw(self) -> None:
        """Draw the lines."""
        note(t("unknown.hint"))
        with ui.element("div").classes("hmc-receipts"):
            self._draw_line(WHOLE_TYPE, t("unknown.whole"))
            for channel, name in self.names.items():
                self._draw_line(channel, name)

    def _draw_line(self, whose: Whose, name: str) -> None:
        first = "unknown.usual" if whose == WHOLE_TYPE else "unknown.as_type"
        options = {_USUAL: t(first)} | {
            then.value: t(f"unknown.then_{then}") for then in Then
        }
        label = t("unknown.of", channel=name)
        then = ui.select(options, value=_USUAL, label=label).props("dense")
        seconds = ui.number(t("unknown.wait"), value=0, min=0, max=_LONGEST, step=1)
        seconds.props("dense")
        seconds.props["aria-label"] = t("unknown.wait_of", channel=name)
        self._rules[whose] = _Rule(then, seconds)

    def show(self, policy: Policy) -> None:
        """Put a policy's rules into the lines."""
        for whose, rule in self._rules.items():
            held = policy.unknown.get(whose)
            rule.then.value = held.then.value if held else _USUAL
            rule.seconds.value = held.wait_seconds if held else 0

    def rules(self, used: Collection[Channel]) -> dict[Whose, Unknown]:
        """Return the rules that stand in the form, for channels that are used."""
        found = {
            whose: value
            for whose, rule in self._rules.items()
            if (value := rule.value()) is not None
        }
        return {w: v for w, v in found.items() if w == WHOLE_TYPE or w in used}

    def allow(self, used: Collection[Channel], changes: bool) -> None:
        """Show the lines of channels that are used; changeable for who may."""
        for whose, rule in self._rules.items():
            for element in (rule.then, rule.seconds):
                element.set_visibility(whose == WHOLE_TYPE or whose in used)
                if element.enabled is not changes:
                    element.set_enabled(changes)
