"""Names and reasons that people write: they read as they are written.

Characters that turn the direction of what follows (UAX #9, section 2) show another
name than the one that is kept; text copied from a screen often brings some, so they
are left out rather than refused.
"""

from typing import Annotated

from pydantic import BeforeValidator

from core.letters import Words

_TURNS = dict.fromkeys(
    (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
)


def unturned(value: object) -> object:
    """Return a text without what turns its direction; else the value itself."""
    return value.translate(_TURNS) if isinstance(value, str) else value


PlainText = Annotated[Words, BeforeValidator(unturned)]
