"""What a spreadsheet shows of a date, a time or a duration (ECMA-376 part 1, 18.8.31).

A serial number counts days: from 1899-12-31, with a 29 February 1900 that never was,
or from 1904-01-01.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from core.sheets.number_parts import UNKNOWN, Kind, Token, Unshown, tokens_of

_DAY = 86_400
# The first day after the year 9999.
_TOO_LATE = 2_958_466
_NO_DATE = "Holds no date or time that can be shown; enter it anew."
# What the system's own formats show in Chinese: [$-F800] and [$-F400].
_SYSTEM = {
    "f800": 'yyyy"年"m"月"d"日"',
    "x-sysdate": 'yyyy"年"m"月"d"日"',
    "f400": "h:mm:ss",
    "x-systime": "h:mm:ss",
}
# Language numbers and names: the language decides the names of days and months.
_CHINESE = {"804", "1004", "zh-cn", "zh-sg", "zh-hans-cn", "zh-hans"}
_ENGLISH = {"409", "809", "en-us", "en-gb", ""}
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_DAYS = (
    *("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"),
    "Sunday",
)
_ZH_DAYS = "一二三四五六日"
_ZH_MONTHS = (*"一二三四五六七八九十", "十一", "十二")
_DATED = ("y", "m", "d", "e", "a")


@dataclass(frozen=True)
class _Moment:
    """A serial number, cut up; `seconds` are of the whole, as exact as is shown."""

    day: date
    seconds: Decimal
    chinese: bool
    by_halves: bool

    @property
    def hour(self) -> int:
        """The hour, of the half day where halves are shown."""
        hour = int(self.seconds // 3600) % 24
        return (hour - 1) % 12 + 1 if self.by_halves else hour

    @property
    def afternoon(self) -> bool:
        """Whether it is noon or later."""
        return int(self.seconds // 3600) % 24 >= 12


def is_moment(tokens: Sequence[Token]) -> bool:
    """Tell whether a section of a format shows a date, a time or a duration."""
    dated = (Kind.DATE, Kind.ELAPSED, Kind.HALF)
    return any(t.kind in dated or t.text in _SYSTEM for t in tokens)


def shown_moment(serial: Decimal, tokens: Sequence[Token], since_1904: bool) -> str:
    """Return what a section shows of a serial number of days; Unshown if nothing."""
    locale = next((t.text for t in tokens if t.kind is Kind.LOCALE), "")
    if locale in _SYSTEM:
        tokens, locale = list(tokens_of(_SYSTEM[locale])), ""
    parts = list(_told_apart(tokens))
    if not 0 <= serial < _TOO_LATE:
        raise Unshown(_NO_DATE)
    seconds = _seconds(serial, parts)
    dated = any(t.kind is Kind.DATE and t.text[0] in _DATED for t in parts)
    moment = _Moment(
        day=_day(int(seconds // _DAY), since_1904) if dated else date.min,
        seconds=seconds,
        chinese=_is_chinese(locale),
        by_halves=any(t.kind is Kind.HALF for t in parts),
    )
    return "".join(_part(token, moment) for token in parts)


def _is_chinese(locale: str) -> bool:
    """Tell the language of names; digits and calendars are the usual ones, or Unshown.

    A number is NNCCLLLL: the form of digits, the calendar, the language.
    """
    try:
        number = int(locale, 16)
    except ValueError:
        language = locale
    else:
        language = f"{number & 0xFFFF:x}"
        if number >> 24 not in (0, 1) or number >> 16 & 0xFF not in (0, 1):
            raise Unshown(UNKNOWN)
    if language not in _CHINESE | _ENGLISH:
        raise Unshown(UNKNOWN)
    return language in _CHINESE


def _told_apart(tokens: Sequence[Token]) -> Iterator[Token]:
    """Yield the parts: minutes ("n") apart from months, digits after seconds as one."""
    index = 0
    while index < len(tokens):
        token = tokens[index]
        index += 1
        if token.kind is Kind.DATE and token.text.lower() in ("m", "mm"):
            minutes = _beside(tokens[: index - 1][::-1], "h") or _beside(
                tokens[index:], "s"
            )
            token = Token(Kind.DATE, ("n" if minutes else "m") * len(token.text))
        elif token.kind is Kind.DATE:
            token = Token(Kind.DATE, token.text.lower())
        elif token.kind is Kind.POINT and _is_second(tokens, index - 2):
            digits = _zeros(tokens[index:])
            token = Token(Kind.DATE, "." * (digits + 1)) if digits else token
            index += digits
        elif token.kind in (Kind.DIGIT, Kind.PERCENT, Kind.TEXT, Kind.GENERAL):
            raise Unshown(UNKNOWN)
        yield token


def _beside(tokens: Sequence[Token], letter: str) -> bool:
    """Tell whether the next part that counts time is of this letter."""
    counted = (t for t in tokens if t.kind in (Kind.DATE, Kind.ELAPSED))
    following = next(counted, None)
    return following is not None and following.text[0].lower() == letter


def _is_second(tokens: Sequence[Token], index: int) -> bool:
    return index >= 0 and _beside(tokens[index : index + 1], "s")


def _zeros(tokens: Sequence[Token]) -> int:
    for count, token in enumerate(tokens):
        if token != Token(Kind.DIGIT, "0"):
            return count
    return len(tokens)


def _seconds(serial: Decimal, parts: Sequence[Token]) -> Decimal:
    """Return the seconds of a serial number, rounded as the format shows them."""
    counted = [t for t in parts if t.kind in (Kind.DATE, Kind.ELAPSED)]
    decimals = max([len(t.text) - 1 for t in counted if t.text[0] == "."], default=0)
    if not any(t.text[0] == "s" for t in counted):
        # Half past nine is not a whole number of days; nor is it 9:29.
        decimals = 3
    return (serial * _DAY).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


def _day(days: int, since_1904: bool) -> date:
    first = date(1904, 1, 1) if since_1904 else date(1899, 12, 31)
    if not since_1904 and days > 60:
        days -= 1
    elif not since_1904 and days in (0, 60):
        raise Unshown(_NO_DATE)
    try:
        return first + timedelta(days=days)
    except OverflowError:
        raise Unshown(_NO_DATE) from None


def _part(token: Token, moment: _Moment) -> str:
    if token.kind is Kind.LOCALE:
        return ""
    if token.kind is Kind.HALF:
        return _half(token.text, moment)
    if token.kind is Kind.ELAPSED:
        unit = {"h": 3600, "m": 60, "s": 1}[token.text[0]]
        return f"{int(moment.seconds // unit):0{len(token.text)}}"
    if token.kind is not Kind.DATE:
        return token.text
    letter, width = token.text[0], len(token.text)
    if letter in _DATED:
        return _of_the_day(letter, width, moment)
    if letter == ".":
        return f"{moment.seconds % 1:.{width - 1}f}"[1:]
    second, minute = int(moment.seconds) % 60, int(moment.seconds // 60) % 60
    value = {"h": moment.hour, "n": minute, "s": second}[letter]
    return f"{value:0{min(width, 2)}}"


def _half(text: str, moment: _Moment) -> str:
    if moment.chinese and text.upper() == "AM/PM":
        text = "上午/下午"
    return text.split("/")[moment.afternoon]


def _of_the_day(letter: str, width: int, moment: _Moment) -> str:
    day = moment.day
    if letter == "y" and width <= 2:
        return f"{day.year % 100:02}"
    if letter in "ye":
        return str(day.year)
    if letter == "a":
        return ("星期" if width == 4 else "") + _ZH_DAYS[day.weekday()]
    if width <= 2:
        return f"{day.month if letter == 'm' else day.day:0{width}}"
    if moment.chinese:
        return _named_in_chinese(letter, width, day)
    name = _MONTHS[day.month - 1] if letter == "m" else _DAYS[day.weekday()]
    return name[: {3: 3, 5: 1 if letter == "m" else None}.get(width)]


def _named_in_chinese(letter: str, width: int, day: date) -> str:
    if letter == "d":
        return ("周" if width == 3 else "星期") + _ZH_DAYS[day.weekday()]
    if width > 4:
        raise Unshown(UNKNOWN)
    return f"{day.month}月" if width == 3 else f"{_ZH_MONTHS[day.month - 1]}月"
