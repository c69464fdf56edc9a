"""The typed fields of a WeChat template message and what each may hold.

Lengths: WxMpTemplateMessage of WxJava and the page of the subscribe message's
parameter types; texts are counted in characters.
"""

import re
from collections.abc import Mapping

_NAME = re.compile(r"([a-z_]+?)[0-9]+")
_CLOCK = r"[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?"
_DAY = r"[0-9]{4}(?:年[0-9]{1,2}月[0-9]{1,2}日|([-/.])[0-9]{1,2}\1[0-9]{1,2})"
_MOMENT = re.compile(rf"(?:{_DAY}[ T]?)?{_CLOCK}")
_DATE = re.compile(rf"{_DAY}(?:[ T]?{_CLOCK})?")

_RULES: Mapping[str, re.Pattern[str]] = {
    "thing": re.compile(r".{1,20}", re.DOTALL),
    "const": re.compile(r".{1,20}", re.DOTALL),
    "character_string": re.compile(r"[\x20-\x7e]{1,32}"),
    "letter": re.compile(r"[A-Za-z]{1,32}"),
    "number": re.compile(r"-?[0-9]{1,32}(?:\.[0-9]+)?"),
    "symbol": re.compile(r"[^\w\s]{1,5}"),
    "amount": re.compile(r"[¥￥$]?[0-9]{1,10}(?:\.[0-9]{1,2})?元?"),
    "phone_number": re.compile(r"[0-9+\-() ]{1,17}"),
    "car_number": re.compile(r"\w{1,8}"),
    # Chinese and letters mixed count as Chinese.
    "name": re.compile(r"[A-Za-z .·'\-]{1,20}|[^0-9\x00-\x1f]{1,10}"),
    "phrase": re.compile(r"[\u3400-\u9fff]{1,5}"),
}


def wrong_field(data: Mapping[str, object]) -> str | None:
    """Return the first field WeChat would refuse, as it names it, or None."""
    for name, holder in data.items():
        value = holder.get("value") if isinstance(holder, dict) else None
        if not isinstance(value, str) or not _fits(name, value):
            return f"data.{name}.value"
    return None


def _fits(name: str, value: str) -> bool:
    found = _NAME.fullmatch(name)
    if found is None:
        return False
    kind = found[1]
    if kind in ("time", "date"):
        return _is_time(kind, value)
    rule = _RULES.get(kind)
    return rule is not None and rule.fullmatch(value) is not None


def _is_time(kind: str, value: str) -> bool:
    """Tell whether it is a time or a date, or a span of two by `~`."""
    rule = _MOMENT if kind == "time" else _DATE
    ends = value.split("~")
    return len(ends) <= 2 and all(rule.fullmatch(end.strip()) for end in ends)
