"""Names and reasons that people write: they read as they are written.

Characters that turn the direction of what follows (UAX #9, section 2) show another
name than the one that is kept; text copied from a screen often brings some, so they
are left out rather than refused.
"""

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

from core.text.letters import Words, standard

_TURNS = dict.fromkeys(
    (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
)


def unturned(value: object) -> object:
    """Return a text without what turns its direction; else the value itself."""
    return value.translate(_TURNS) if isinstance(value, str) else value


def _trimmed(value: object) -> object:
    text = unturned(value)
    return text.strip() if isinstance(text, str) else text


def _standard(value: str | None) -> str | None:
    return value if value is None else standard(value)


PlainText = Annotated[Words, BeforeValidator(unturned)]
MaybePlainText = Annotated[
    str | None, BeforeValidator(unturned), AfterValidator(_standard)
]
# The same without the blanks around it, which are looked at before its length.
PlainLine = Annotated[Words, BeforeValidator(_trimmed)]
