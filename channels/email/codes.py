"""What a mail server's codes say: of a reply at each step, and enhanced (RFC 3463)."""

from collections.abc import Mapping
from enum import StrEnum

from channels.kit.address_codes import says
from channels.kit.codes import CodeTable, classes
from channels.kit.times import after
from core.errors import (
    ContentRefused,
    DeliveryError,
    Misconfigured,
    ProviderDown,
    RateLimited,
    RecipientRefused,
)
from core.words import State

# Enhanced mail codes that speak of the recipient's address (RFC 3463): no such
# mailbox, host or syntax, moved, null MX (RFC 7505), disabled.
ADDRESS_CODES = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"})
# A server without enhanced codes has these three for an address.
ADDRESS_SAYS = says({State.INVALID: " ".join(("550 551 553", *sorted(ADDRESS_CODES)))})
_GREYLISTED = after(minutes=1)
_MAILBOX_FULL = after(minutes=15)


class SmtpStep(StrEnum):
    """What we were at when the server answered, or did not."""

    CONNECT = "connect"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"


def _table(
    listed: Mapping[type[DeliveryError], str],
    otherwise: type[DeliveryError],
    prefixes: Mapping[str, type[DeliveryError]] | None = None,
) -> CodeTable:
    """Return a step's table: 4xx passes, an unlisted 5xx is `otherwise`."""
    return CodeTable(
        provider="smtp",
        classes=classes(listed),
        prefixes={**(prefixes or {}), "4": ProviderDown, "5": otherwise},
        unknown=ProviderDown,
        pauses={"450": _GREYLISTED, "452": _MAILBOX_FULL, "5.2.2": _MAILBOX_FULL},
    )


# What enhanced codes say wherever they come (RFC 3463): the recipient's address,
# a mailbox that is full, and what is our own to mend: the sender's address (X.1.7,
# X.1.8), a sign-in, a listing or a signature (X.7), a protocol error (X.5).
# X.7.1 is also what a closed list of senders says: it stops this mail only.
_ENHANCED: Mapping[type[DeliveryError], str] = {
    RecipientRefused: " ".join(sorted(ADDRESS_CODES)),
    RateLimited: "5.2.2",
    Misconfigured: "5.1.7 5.1.8",
    ContentRefused: "5.7.1",
}
_OURS = {"5.5.": Misconfigured, "5.7.": Misconfigured, "5.": ContentRefused}

# An unlisted 5xx is laid to what the step is about: our account, our sender
# address, this mail.
CODES: Mapping[SmtpStep, CodeTable] = {
    SmtpStep.CONNECT: _table(
        {ProviderDown: "421 451 454", Misconfigured: "530 534 535 538 554"},
        Misconfigured,
    ),
    SmtpStep.MAIL: _table(
        {
            ProviderDown: "421 450 451 452",
            Misconfigured: "530 535 538 550 553",
            ContentRefused: "552",
        },
        Misconfigured,
    ),
    SmtpStep.RCPT: _table(
        {
            ProviderDown: "421 450 451 452",
            RecipientRefused: f"550 551 553 556 {_ENHANCED[RecipientRefused]}",
            RateLimited: _ENHANCED[RateLimited],
            ContentRefused: f"552 554 {_ENHANCED[ContentRefused]}",
            Misconfigured: (
                f"500 501 502 503 504 530 535 538 555 {_ENHANCED[Misconfigured]}"
            ),
        },
        ContentRefused,
        _OURS,
    ),
    SmtpStep.DATA: _table(
        {
            ProviderDown: "421 450 451 452",
            RecipientRefused: _ENHANCED[RecipientRefused],
            RateLimited: _ENHANCED[RateLimited],
            ContentRefused: f"550 552 554 {_ENHANCED[ContentRefused]}",
            Misconfigured: f"530 535 538 {_ENHANCED[Misconfigured]}",
        },
        ContentRefused,
        _OURS,
    ),
}
