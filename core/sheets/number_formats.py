"""What a spreadsheet shows of a cell: the common part of Excel's number formats.

The rules are those of ECMA-376 part 1, 18.8.31 (numFmts), as Excel in Chinese keeps
them. What is not known for certain is not guessed at: `Unshown` says what to do.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import lru_cache

from core.sheets.number_dates import is_moment, shown_moment
from core.sheets.number_figures import shown_figures
from core.sheets.number_parts import (
    HIDDEN,
    UNKNOWN,
    Kind,
    Token,
    Unshown,
    tokens_of,
)

GENERAL, TEXT = "General", "@"
# Excel keeps so many digits of a number; without a format it shows eleven.
_KEPT = Context(prec=15, rounding=ROUND_HALF_UP)
_LOST = "Excel keeps 15 digits of a number; make the column text and enter it anew."
_SHORT = "Excel shortens this number; make the column text and enter it anew."
_NO_NUMBER = "Holds no number that can be read; enter it anew."

Section = tuple[Token, ...]


@dataclass(frozen=True)
class Format:
    """A format, cut into its sections: those for numbers, that for texts."""

    numbers: tuple[Section, ...]
    text: Section | None


def display_text(raw: str, code: str, *, since_1904: bool = False) -> str:
    """Return what a cell shows that holds a number; Unshown if that can't be told.

    `raw` is the number as the file has it (a date is a number of days), `code` the
    format's code.
    """
    try:
        number = _KEPT.create_decimal(raw)
    except ArithmeticError:
        raise Unshown(_NO_NUMBER) from None
    if not number.is_finite():
        raise Unshown(_NO_NUMBER)
    if abs(number) >= Decimal("1E15"):
        raise Unshown(_LOST)
    section, sign = _chosen(_format(code).numbers, number)
    said = _said(section, abs(number) if sign is not None else number, since_1904)
    if not said.strip():
        raise Unshown(HIDDEN)
    if sign and not any(digit in said for digit in "123456789"):
        # Whether less than nothing, rounded to nothing, keeps its sign: who knows.
        raise Unshown(UNKNOWN)
    return (sign or "") + said


def shown_text(text: str, code: str) -> str:
    """Return what a cell shows that holds a text; Unshown if that can't be told."""
    section = _format(code).text
    if section is None or not text:
        return text
    said = "".join(text if t.kind is Kind.TEXT else t.text for t in section)
    if not said.strip():
        raise Unshown(HIDDEN)
    return said


@lru_cache(maxsize=256)
def _format(code: str) -> Format:
    sections: list[list[Token]] = [[]]
    for token in tokens_of(code or GENERAL):
        if token.kind is Kind.END:
            sections.append([])
        else:
            sections[-1].append(token)
    cut = [tuple(section) for section in sections]
    if len(cut) > 4:
        raise Unshown(UNKNOWN)
    texts = any(token.kind is Kind.TEXT for token in cut[-1])
    text = cut.pop() if len(cut) == 4 or texts else None
    return Format(tuple(cut) or ((Token(Kind.GENERAL, ""),),), text)


def _chosen(sections: Sequence[Section], number: Decimal) -> tuple[Section, str | None]:
    """Return the section for a number and the sign before it.

    None: a date or a duration, which no sign stands before.
    """
    if any(t.kind is Kind.CONDITION for section in sections for t in section):
        return _by_condition(sections, number), ""
    if len(sections) == 3 and number == 0:
        return sections[2], ""
    if number < 0 and len(sections) > 1:
        return sections[1], ""
    if is_moment(sections[0]):
        return sections[0], None
    return sections[0], "-" if number < 0 else ""


def _by_condition(sections: Sequence[Section], number: Decimal) -> Section:
    """Return the first section whose condition holds; the last has none."""
    if number < 0:
        raise Unshown(UNKNOWN)
    for section in sections:
        conditions = [t.text for t in section if t.kind is Kind.CONDITION]
        if all(_holds(condition, number) for condition in conditions):
            return tuple(t for t in section if t.kind is not Kind.CONDITION)
    raise Unshown(UNKNOWN)


def _holds(condition: str, number: Decimal) -> bool:
    sign = condition.rstrip("-.0123456789")
    limit = Decimal(condition.removeprefix(sign))
    return {
        "<": number < limit,
        "<=": number <= limit,
        ">": number > limit,
        ">=": number >= limit,
        "=": number == limit,
        "<>": number != limit,
    }[sign]


def _said(section: Section, number: Decimal, since_1904: bool) -> str:
    kinds = {token.kind for token in section}
    if is_moment(section):
        return shown_moment(number, section, since_1904)
    if Kind.DIGIT in kinds:
        return shown_figures(number, section)
    texts = (t.text for t in section if t.kind is not Kind.LOCALE)
    if not kinds & {Kind.GENERAL, Kind.TEXT}:
        return "".join(texts)
    return "".join(
        ""
        if t.kind is Kind.LOCALE
        else _general(number)
        if t.kind in (Kind.GENERAL, Kind.TEXT)
        else t.text
        for t in section
    )


def _general(number: Decimal) -> str:
    """Return a number as it is shown without a format: eleven characters of it."""
    size = abs(number)
    if size >= Decimal("1E11") or 0 < size < Decimal("1E-4"):
        raise Unshown(_SHORT)
    decimals = 10 - len(str(int(size)))
    rounded = number.quantize(Decimal(1).scaleb(-max(decimals, 0)), ROUND_HALF_UP)
    text = f"{rounded:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
