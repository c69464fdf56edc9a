"""Which of the languages that a page knows a browser prefers."""

from collections.abc import Sequence


def preferred(accepted: str, known: Sequence[str]) -> str:
    """Return the known language most wanted by an Accept-Language, else the first.

    The languages are named by their first letters: "zh" is any Chinese.
    """
    for choice in _by_preference(accepted):
        for language in known:
            if choice.startswith(language):
                return language
    return known[0]


def _by_preference(accepted: str) -> list[str]:
    """Return an Accept-Language's tags, the most wanted first (RFC 9110, 12.5.4)."""
    weighted = []
    for index, choice in enumerate(accepted[:500].lower().split(",")):
        tag, _, weight = choice.partition(";q=")
        weighted.append((-_weight(weight), index, tag.strip()))
    return [tag for _, _, tag in sorted(weighted)]


def _weight(text: str) -> float:
    digits = text.strip()[:5]
    return float(digits) if digits.replace(".", "", 1).isdigit() else 1.0
