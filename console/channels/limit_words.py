"""The limits of a channel in words: `per_second` becomes "5,000 a second"."""

from collections.abc import Mapping

from console.kit.texts import t
from core.rate_limits import read_name

_OF = {
    "account": "limit.account",
    "recipient": "limit.recipient",
    "recipient and template": "limit.template",
    "recipient and content": "limit.content",
}
_UNITS = ((86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))


def limits_in_words(limits: Mapping[str, int]) -> str:
    """Return a provider's limits, one after the other."""
    return t("limit.then").join(_said(name, most) for name, most in limits.items())


def _said(name: str, most: int) -> str:
    meant = read_name(name)
    if meant is None:
        return f"{name} {most:,}"
    return t(_OF[meant.of], most=f"{most:,}", span=_span(meant.seconds))


def _span(seconds: int) -> str:
    """Return a time in the largest unit that it is a whole number of."""
    size, unit = next(pair for pair in _UNITS if seconds % pair[0] == 0)
    count = seconds // size
    return t(f"limit.{unit}") if count == 1 else t(f"limit.{unit}s", count=count)
