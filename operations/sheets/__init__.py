"""Lists of recipients as files: what a person sees in one, or where it can't be told.

Nothing in a file is run or calculated, and a file that would unpack to far more
than it weighs is refused before anything reads it.
"""

from operations.sheets.lines import MAX_BYTES, Fault, Faulty, Line, Sheet
from operations.sheets.reading import read_sheet
from operations.sheets.writing import empty_sheet, marked_sheet

__all__ = [
    "MAX_BYTES",
    "Fault",
    "Faulty",
    "Line",
    "Sheet",
    "empty_sheet",
    "marked_sheet",
    "read_sheet",
]
