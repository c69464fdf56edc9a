"""When a scope may send, said in a sentence or two."""

from collections.abc import Iterator

from centre.schedule.rules import Cap, SendingRules, Window
from console.kit.texts import t

_ALL, _WORKDAYS, _WEEKEND = (1, 2, 3, 4, 5, 6, 7), (1, 2, 3, 4, 5), (6, 7)
_NAMED = {_ALL: "when.daily", _WORKDAYS: "when.workdays", _WEEKEND: "when.weekends"}


def times_in_words(rules: SendingRules) -> list[str]:
    """Return what holds, a sentence each; that it is always, where nothing does."""
    said = list(_said(rules))
    return said or [t("when.say_always")]


def _said(rules: SendingRules) -> Iterator[str]:
    if rules.windows:
        yield t("when.say_windows", times=_times(rules.windows))
    if rules.quiet:
        yield t("when.say_quiet", times=_times(rules.quiet))
    if rules.closed_on_holidays:
        yield t("when.say_holidays")
    if rules.windows or rules.quiet or rules.closed_on_holidays:
        yield t(f"when.say_{rules.then}")
    yield from map(_cap, rules.caps)


def _times(windows: tuple[Window, ...]) -> str:
    return t("when.and").join(_window(window) for window in windows)


def _window(window: Window) -> str:
    key = _NAMED.get(window.days)
    days = t(key) if key else t("when.comma").join(t(f"on.{d}") for d in window.days)
    over = window.end <= window.start
    key = "when.overnight" if over else "when.span"
    return t(key, days=days, start=window.start, end=window.end)


def _cap(cap: Cap) -> str:
    then = t(f"when.say_cap_{cap.then}")
    return t("when.say_cap", most=cap.most, hours=cap.hours, then=then)
