"""Providers' error codes as data: which class of error each one means."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from channels.kit.times import Pause
from core.errors import (
    ContentRefused,
    DeliveryError,
    Misconfigured,
    OutcomeUnknown,
    ProviderDown,
    RateLimited,
    RecipientRefused,
)

ErrorClass = type[DeliveryError]

# A hostile answer could hold a phone number or a text where its code should be.
# With points: the enhanced codes of mail (RFC 3463).
_CODE = re.compile(
    r"-?[0-9]{1,9}|[245]\.[0-9]{1,3}\.[0-9]{1,3}|[A-Za-z][A-Za-z0-9._:\-]{0,63}"
)

_WORDS: Mapping[ErrorClass, str] = {
    ProviderDown: "can't take it now",
    OutcomeUnknown: "may or may not have taken it",
    RateLimited: "asks us to slow down",
    RecipientRefused: "does not reach this recipient",
    ContentRefused: "refuses this content",
    Misconfigured: "refuses our account or its configuration",
}


@dataclass(frozen=True)
class CodeTable:
    """What one provider's codes mean.

    A code that is not listed takes the class of the first prefix it begins
    with, else `unknown`. `pauses` say when to come back, where the code tells.
    """

    provider: str
    classes: dict[str, ErrorClass]
    unknown: ErrorClass
    prefixes: Mapping[str, ErrorClass] = field(default_factory=dict)
    pauses: Mapping[str, Pause] = field(default_factory=dict)

    def class_of(self, code: str) -> ErrorClass:
        """Return the class of error that a code means."""
        if code in self.classes:
            return self.classes[code]
        begins = (c for p, c in self.prefixes.items() if code.startswith(p))
        return next(begins, self.unknown)

    def knows(self, code: str) -> bool:
        """Tell whether a code is listed, itself or by how it begins."""
        return code in self.classes or code.startswith(tuple(self.prefixes))

    def error(self, code: str, now: datetime) -> DeliveryError:
        """Return the error to raise for a code."""
        pause = self.pauses.get(code)
        error = refusal(
            self.provider,
            self.class_of(code),
            code=clean_code(code),
            pause=pause,
            now=now,
        )
        error.answered = True
        return error


def refusal(
    provider: str,
    kind: ErrorClass,
    *,
    code: str = "",
    pause: Pause | None = None,
    now: datetime | None = None,
) -> DeliveryError:
    """Return an error in our own words, of which only the code is theirs."""
    wait = pause(now) if pause and now else None
    return kind(f"{provider} {_WORDS[kind]}", code=code, retry_after=wait)


def cannot_ask(provider: str, code: str) -> DeliveryError:
    """Return the error of a question to which there is no answer now."""
    return ProviderDown(f"{provider} can't say what became of it", code=code)


def clean_code(code: str) -> str:
    """Return a provider's code if it has the form of one."""
    return code if _CODE.fullmatch(code) else "unreadable"


def classes(by_class: Mapping[ErrorClass, str]) -> dict[str, ErrorClass]:
    """Return code → class from codes listed by class, parted by spaces."""
    return {code: kind for kind, codes in by_class.items() for code in codes.split()}
