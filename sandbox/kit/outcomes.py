"""What a double may do with a message: the vocabulary of the rules."""

from enum import StrEnum


class Outcome(StrEnum):
    """How a provider's double answers one message."""

    ACCEPT = "accept"
    REJECT = "reject"
    INVALID_RECIPIENT = "invalid_recipient"
    RATE_LIMIT = "rate_limit"
    SERVER_ERROR = "server_error"
    TIMEOUT = "timeout"
    DROP = "drop"
    GARBAGE = "garbage"
    EXPIRED_TOKEN = "expired_token"
    UNSUBSCRIBED = "unsubscribed"
    RECEIPT_FAILED = "receipt_failed"
    RECEIPT_DELIVERED = "receipt_delivered"
    NO_RECEIPT = "no_receipt"


# The message was taken: it is listed, whatever the caller gets to see.
TAKEN = frozenset(
    {
        Outcome.ACCEPT,
        Outcome.TIMEOUT,
        Outcome.RECEIPT_FAILED,
        Outcome.RECEIPT_DELIVERED,
        Outcome.NO_RECEIPT,
    }
)
# Only this recipient is refused; others of the same call may still be taken.
PERSONAL = frozenset({Outcome.INVALID_RECIPIENT, Outcome.UNSUBSCRIBED})
