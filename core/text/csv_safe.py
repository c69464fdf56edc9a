"""CSV that a spreadsheet shows as text, whatever the cells hold.

A cell that begins with = + - @, a tab or a return is run as a formula (OWASP,
"CSV Injection"); so is one after a semicolon where that separates cells, and
their full-width twins where the input method folds them.
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence

# Excel reads a file as UTF-8 only with this in front.
BYTE_ORDER_MARK = "\ufeff"
# A quote before the sign does not save it; an apostrophe does. Without the sign it
# fits too, so that blanks are passed over once.
_FORMULA = re.compile(r"""(^|[;,|\t\r\n])([\s"]*+)([=+\-@＝＋－＠]?)""")
_LEADING = re.compile(r"^[\t\r\n]")


def cell(value: object) -> str:
    """Return the text of a cell, with an apostrophe before what would be run.

    Guarding it twice changes nothing.
    """
    text = "" if value is None else str(value)
    text = _FORMULA.sub(lambda m: f"{m[1]}{m[2]}'{m[3]}" if m[3] else m[0], text)
    return f"'{text}" if _LEADING.match(text) else text


def line(values: Iterable[object]) -> str:
    """Return one line, every cell guarded and in quotes."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([cell(value) for value in values])
    return out.getvalue()


def document(head: Sequence[str], rows: Iterable[Iterable[object]]) -> str:
    """Return a whole file: byte order mark, heads, rows."""
    return BYTE_ORDER_MARK + line(head) + "".join(map(line, rows))
