"""The core's words as people read them: states, outcomes, reasons, with their tones."""

from centre.delivery.models import Attempt
from console.kit.texts import knows, t
from core.words import Outcome, Reason, Status

_STATUS = {
    Status.DELIVERED: "good",
    Status.FAILED: "bad",
    Status.EXPIRED: "warn",
    Status.DELIVERING: "info",
    Status.SCHEDULED: "info",
    Status.ACCEPTED: "info",
}
_OUTCOME = {
    Outcome.ACCEPTED: "good",
    Outcome.DELIVERED: "good",
    Outcome.READ: "good",
    Outcome.FAILED: "bad",
    Outcome.UNKNOWN: "warn",
    Outcome.SENDING: "info",
}
_ATTEMPT = {"accepted": "good", "failed": "bad", "unknown": "warn", "sending": "info"}


def status_tone(status: Status) -> str:
    """Return the colour of a message's state."""
    return _STATUS.get(status, "")


def outcome_tone(outcome: Outcome) -> str:
    """Return the colour of a delivery's outcome."""
    return _OUTCOME.get(outcome, "")


def attempt_tone(attempt: Attempt) -> str:
    """Return the colour of how a call ended."""
    return _ATTEMPT[attempt.state]


def why(reason: Reason | None) -> str:
    """Return a reason in plain words."""
    return t(f"reason.{reason}") if reason else ""


def code_in_words(provider: str, code: str | None) -> str:
    """Return a provider's own code, with what it means where that is known."""
    if code is None:
        return ""
    # The second are codes of our own, for what every provider may do.
    for key in (f"code.{provider}.{code}", f"code.any.{code}"):
        if knows(key):
            return f"{code}: {t(key)}"
    return code
