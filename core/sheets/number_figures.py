"""What a spreadsheet shows of a number in figures: digits, groups, percent, powers."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Context, Decimal

from core.sheets.number_parts import UNKNOWN, Kind, Token, Unshown

_WIDE = Context(prec=100)
_FILL = {"0": "0", "?": " ", "#": ""}


def shown_figures(number: Decimal, tokens: Sequence[Token]) -> str:
    """Return the figures of a number that is not below nothing, by a section."""
    kinds = [token.kind for token in tokens]
    if Kind.SLASH in kinds or Kind.GENERAL in kinds or Kind.TEXT in kinds:
        # A fraction, or a mixture that Excel itself does not take.
        raise Unshown(UNKNOWN)
    if Kind.EXPONENT in kinds:
        return _power(number, tokens, kinds.index(Kind.EXPONENT))
    cut = kinds.index(Kind.POINT) if Kind.POINT in kinds else len(tokens)
    before, after = list(tokens[:cut]), list(tokens[cut:])
    thousands = _drop_scale(before) + _drop_scale(after)
    scale = 2 * kinds.count(Kind.PERCENT) - 3 * thousands
    places = len(_digits(after))
    unit = Decimal(1).scaleb(-places)
    rounded = number.scaleb(scale, _WIDE).quantize(unit, ROUND_HALF_UP, _WIDE)
    whole, _, rest = f"{rounded:f}".partition(".")
    return _before(whole.lstrip("0"), before) + _after(rest.rstrip("0"), after)


def _digits(tokens: Sequence[Token]) -> list[int]:
    """Return where the places for digits are."""
    return [n for n, token in enumerate(tokens) if token.kind is Kind.DIGIT]


def _drop_scale(tokens: list[Token]) -> int:
    """Take out the commas right after the last digit: each divides by a thousand."""
    if not (digits := _digits(tokens)):
        return 0
    start = end = digits[-1] + 1
    while end < len(tokens) and tokens[end].kind is Kind.COMMA:
        end += 1
    del tokens[start:end]
    return end - start


def _before(digits: str, tokens: Sequence[Token]) -> str:
    """Return what stands before the point, filled from its right end."""
    places = _digits(tokens)
    if not places:
        return "".join(map(_literal, tokens)) + digits
    between = tokens[places[0] : places[-1]]
    grouped = any(token.kind is Kind.COMMA for token in between)
    left, written = list(digits), 0
    said: list[str] = []
    for index in range(len(tokens) - 1, -1, -1):
        token = tokens[index]
        if token.kind is Kind.COMMA and places[0] < index < places[-1]:
            continue
        if token.kind is not Kind.DIGIT:
            said.append(_literal(token))
            continue
        for _ in range(max(len(left), 1) if index == places[0] else 1):
            figure = left.pop() if left else _FILL[token.text]
            if grouped and written and written % 3 == 0 and figure.strip():
                said.append(",")
            said.append(figure)
            written += 1
    return "".join(reversed(said))


def _after(digits: str, tokens: Sequence[Token]) -> str:
    """Return the point and what stands after it, filled from its left end."""
    left, said = list(digits), []
    for token in tokens:
        if token.kind is Kind.DIGIT:
            said.append(left.pop(0) if left else _FILL[token.text])
        else:
            said.append("." if token.kind is Kind.POINT else _literal(token))
    if sum(token.kind is Kind.POINT for token in tokens) > 1:
        raise Unshown(UNKNOWN)
    return "".join(said)


def _literal(token: Token) -> str:
    """Return what stands there whatever the number is; Unshown for a stray comma."""
    if token.kind in (Kind.LITERAL, Kind.PERCENT):
        return token.text
    if token.kind in (Kind.LOCALE, Kind.CONDITION):
        return ""
    raise Unshown(UNKNOWN)


def _power(number: Decimal, tokens: Sequence[Token], cut: int) -> str:
    """Return a number as a figure before the point, times a power of ten."""
    before, after = list(tokens[:cut]), list(tokens[cut + 1 :])
    kinds = [token.kind for token in before]
    point = kinds.index(Kind.POINT) if Kind.POINT in kinds else cut
    if len(_digits(before[:point])) != 1 or Kind.PERCENT in kinds:
        raise Unshown(UNKNOWN)
    power = number.adjusted() if number else 0
    places = len(_digits(before[point:]))
    unit = Decimal(1).scaleb(-places)
    rounded = number.scaleb(-power, _WIDE).quantize(unit, ROUND_HALF_UP, _WIDE)
    if rounded >= 10:
        rounded, power = rounded / 10, power + 1
    sign = "-" if power < 0 else "+" if tokens[cut].text.endswith("+") else ""
    exponent = _before(str(abs(power)) if power else "", after)
    return shown_figures(rounded, before) + tokens[cut].text[0] + sign + exponent
