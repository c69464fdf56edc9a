"""The number formats of a workbook's cells (ECMA-376 part 1, 18.8)."""

from collections.abc import Mapping

from core.sheets.number_formats import GENERAL, TEXT

# What a computer's region decides (money, accounts): no format that is known.
_REGIONAL = "[regional]"
# 18.8.30: what the numbers stand for where the file does not say; 14 and 22 as in
# Chinese, 27 to 36 and 50 to 58 those of Chinese alone.
_BUILT_IN = {
    0: GENERAL,
    1: "0",
    2: "0.00",
    3: "#,##0",
    4: "#,##0.00",
    9: "0%",
    10: "0.00%",
    11: "0.00E+00",
    12: "# ?/?",
    13: "# ??/??",
    14: "yyyy/m/d",
    15: "d-mmm-yy",
    16: "d-mmm",
    17: "mmm-yy",
    18: "h:mm AM/PM",
    19: "h:mm:ss AM/PM",
    20: "h:mm",
    21: "h:mm:ss",
    22: "yyyy/m/d h:mm",
    30: "m-d-yy",
    31: 'yyyy"年"m"月"d"日"',
    32: 'h"时"mm"分"',
    33: 'h"时"mm"分"ss"秒"',
    45: "mm:ss",
    46: "[h]:mm:ss",
    47: "mm:ss.0",
    48: "##0.0E+0",
    49: TEXT,
    **dict.fromkeys((27, 36, 50, 52, 57), 'yyyy"年"m"月"'),
    **dict.fromkeys((28, 29, 51, 53, 54, 58), 'm"月"d"日"'),
    **dict.fromkeys((34, 55), '上午/下午h"时"mm"分"'),
    **dict.fromkeys((35, 56), '上午/下午h"时"mm"分"ss"秒"'),
}


class Styles:
    """Hears the part that holds the formats; only those of cells count."""

    def __init__(self) -> None:
        self._codes: dict[str, str] = {}
        self._ids: list[str] = []
        self._within = ""

    def start(self, name: str, given: Mapping[str, str]) -> None:
        """Hear that an element begins."""
        if name in ("numFmts", "cellXfs"):
            self._within = name
        elif name == "numFmt" and self._within == "numFmts":
            self._codes[given["numFmtId"]] = given["formatCode"]
        elif name == "xf" and self._within == "cellXfs":
            self._ids.append(given.get("numFmtId", "0"))

    def text(self, text: str) -> None:
        """Hear a piece of text: there is none."""

    def end(self, name: str) -> None:
        """Hear that an element ends."""
        if name == self._within:
            self._within = ""

    def codes(self) -> list[str]:
        """Return the format's code of each style, by its number."""
        return [
            self._codes.get(number) or _BUILT_IN.get(int(number), _REGIONAL)
            for number in self._ids
        ]
