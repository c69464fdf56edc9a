"""Sliders for a policy's weights beside its threshold; the stages as they move.

Each slider is reached by Tab and moved by the arrow keys. What stands in the
form is told by `change()`; nothing is kept until the page saves it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from nicegui import ui
from nicegui.elements.mixins.disableable_element import DisableableElement

from centre.catalog.models import PolicyChange
from centre.catalog.plan import plan
from console.catalog.policy_words import first_is_sure, stages_in_words
from console.catalog.unknown_form import UnknownForm
from console.kit.shell import Text
from console.kit.texts import t
from console.kit.widgets import badge, card, note
from core.errors import Invalid
from core.policies import Confirm, Policy, WeightedChannel
from core.words import Channel, Strategy

_RECEIPT_SECONDS = 60


@dataclass
class _Weight:
    """One channel's line beside the threshold."""

    used: ui.checkbox
    slider: "_Slider"
    shown: ui.label


@dataclass
class _Receipt:
    """Whether and how long a channel's receipt is waited for."""

    wanted: ui.checkbox
    seconds: ui.number


@dataclass
class PolicyForm:
    """The form of one policy; `spoken` are the channels that have a template."""

    names: Mapping[Channel, str]
    first: Policy
    spoken: Collection[Channel]
    changes: bool
    _weights: dict[Channel, _Weight] = field(default_factory=dict)
    _receipts: dict[Channel, _Receipt] = field(default_factory=dict)
    _quiet: bool = False

    def __post_init__(self) -> None:
        self._unknown = UnknownForm(self.names)

    def draw(self) -> None:
        """Draw the form with the policy as it stands."""
        with card(t("policy.strategy")):
            options = {s.value: t(f"policy.strategy_{s}") for s in Strategy}
            self._strategy = ui.radio(options, value=self.first.strategy.value)
            self._strategy.props["aria-label"] = t("policy.strategy")
        with card(t("policy.weights")):
            note(t("policy.weights_hint"))
            self._draw_scale()
        with card(t("policy.stages")):
            self._words = Text("p", "").classes("hmc-words")
            self._words.props["aria-live"] = "polite"
            self._stages = ui.element("ol").classes("hmc-stages")
        with card(t("policy.receipts")):
            note(t("policy.receipts_hint"))
            self._draw_receipts()
        with card(t("unknown.title")):
            self._unknown.draw()
        self.show(self.first)
        self._listen()

    def show(self, policy: Policy) -> None:
        """Put a policy into the form."""
        self._quiet = True
        self._strategy.value = policy.strategy.value
        self._threshold.value = policy.threshold
        weights = {c.channel: c.weight for c in policy.channels}
        for channel, line in self._weights.items():
            line.used.value = channel in weights
            line.slider.value = weights.get(channel, 0)
        for channel, receipt in self._receipts.items():
            held = policy.confirm.get(channel)
            receipt.wanted.value = held is not None and held.receipt
            receipt.seconds.value = held.within_seconds if held else _RECEIPT_SECONDS
        self._unknown.show(policy)
        self._quiet = False
        self._redraw()

    def change(self, *, over: int) -> PolicyChange:
        """Return the change to what stands in the form; Invalid where it is none."""
        found = self._standing()
        if not found.channels:
            raise Invalid("Choose at least one channel.")
        return PolicyChange.of(found, over=over)

    def _standing(self) -> Policy:
        used = [c for c, line in self._weights.items() if line.used.value]
        weights = {c: round(float(self._weights[c].slider.value), 2) for c in used}
        waits = {c: r for c, r in self._receipts.items() if r.wanted.value}
        return Policy(
            strategy=Strategy(self._strategy.value),
            threshold=round(float(self._threshold.value), 2),
            channels=tuple(
                WeightedChannel(channel=c, weight=w) for c, w in weights.items()
            ),
            confirm={
                c: Confirm(within_seconds=_seconds(waits[c].seconds.value))
                for c in used
                if c in waits
            },
            unknown=self._unknown.rules(used),
        )

    def _draw_scale(self) -> None:
        """Draw the threshold and the weights, and the line that crosses them."""
        with ui.element("div").classes("hmc-scale"):
            over = ui.element("div").classes("hmc-scale-over")
            over.style(f"grid-row: 1 / span {len(self.names) + 1}")
            with over:
                self._mark = ui.element("div").classes("hmc-scale-mark")
            Text("strong", t("policy.threshold")).style("grid-row: 1; grid-column: 1")
            self._threshold, self._threshold_shown = _slider(t("policy.threshold"), 1)
            self._threshold.props("color=warning")
            for row, (channel, name) in enumerate(self.names.items(), start=2):
                used = ui.checkbox(name).style(f"grid-row: {row}; grid-column: 1")
                slider, shown = _slider(t("policy.weight_of", channel=name), row)
                self._weights[channel] = _Weight(used, slider, shown)

    def _draw_receipts(self) -> None:
        with ui.element("div").classes("hmc-receipts"):
            for channel, name in self.names.items():
                wanted = ui.checkbox(t("policy.receipt_of", channel=name))
                label = t("policy.seconds_of", channel=name)
                seconds = ui.number(t("policy.seconds"), min=1, max=86_400, step=1)
                seconds.props["aria-label"] = label
                seconds.props("dense")
                self._receipts[channel] = _Receipt(wanted, seconds)

    def _listen(self) -> None:
        """Follow every change, once all is there."""
        self._strategy.on_value_change(self._redraw)
        self._threshold.on_value_change(self._redraw)
        for line in self._weights.values():
            line.used.on_value_change(self._redraw)
            line.slider.on_value_change(self._redraw)

    def _redraw(self) -> None:
        if self._quiet:
            return
        standing = self._standing()
        self._words.text = stages_in_words(standing, self.names)
        self._stages.clear()
        with self._stages:
            self._draw_stages(standing)
        self._redraw_scale(standing)

    def _draw_stages(self, standing: Policy) -> None:
        weights = {c.channel: c.weight for c in standing.channels}
        sure = first_is_sure(standing)
        for number, stage in enumerate(plan(standing).stages, start=1):
            with ui.element("li").classes("hmc-stage"):
                key = "policy.stage_sure" if sure and number == 1 else "policy.stage"
                Text("div", t(key, number=number)).classes("hmc-quiet")
                for channel in stage:
                    text = f"{self.names[channel]} {weights[channel]:.2f}"
                    tone = "info" if channel in self.spoken else "warn"
                    badge(text, tone)
        silent = [c for c in weights if c not in self.spoken]
        if silent:
            said = t("policy.and").join(self.names[c] for c in silent)
            with ui.element("li").classes("hmc-stage-note"):
                note(t("policy.silent", channels=said), "warn")

    def _redraw_scale(self, standing: Policy) -> None:
        """Move the line and say the numbers; what plays no part is off."""
        by_weight = standing.strategy is Strategy.THRESHOLD
        self._mark.style(f"left: {standing.threshold * 100:.0f}%")
        self._mark.set_visibility(by_weight)
        _enable(self._threshold, self.changes and by_weight)
        self._threshold_shown.text = f"{standing.threshold:.2f}"
        _enable(self._strategy, self.changes)
        self._unknown.allow([c.channel for c in standing.channels], self.changes)
        for channel, line in self._weights.items():
            used = bool(line.used.value)
            _enable(line.used, self.changes)
            _enable(line.slider, self.changes and used)
            line.shown.text = f"{float(line.slider.value):.2f}" if used else "—"
            receipt = self._receipts[channel]
            for element in (receipt.wanted, receipt.seconds):
                element.set_visibility(used)
                _enable(element, self.changes)


class _Slider(ui.slider):
    """A slider that the server never sets back while somebody moves it."""

    LOOPBACK = False


def _slider(label: str, row: int) -> tuple[_Slider, ui.label]:
    slider = _Slider(min=0, max=1, step=0.01, value=0)
    slider.props["aria-label"] = label
    slider.style(f"grid-row: {row}; grid-column: 2")
    shown = ui.label("").classes("hmc-mono").style(f"grid-row: {row}; grid-column: 3")
    return slider, shown


def _enable(element: DisableableElement, wanted: bool) -> None:
    if element.enabled is not wanted:
        element.set_enabled(wanted)


def _seconds(given: object) -> int:
    number = int(given) if isinstance(given, int | float) else _RECEIPT_SECONDS
    return min(max(number, 1), 86_400)
