"""Our errors: each class says its HTTP status and whether a retry can help.

* MessageCentreError
  x RequestError          the caller can mend it
    + Unauthenticated     401
      - Forged            401, a receipt that its provider did not sign
    + Forbidden           403
    + NotFound            404
    + Gone                410
    + Conflict            409
    + TooLarge            413
    + HeadersTooLarge     431
    + TooSlow             408, the body did not come in time
    + UnsupportedMedia    415
    + Malformed           400, the body is not what it claims to be
      - Ambiguous         400, it says where it ends in more than one way
    + Invalid             422, with the places that are wrong
    + TooManyRequests     429
  x Unavailable           503, something we need is down
  x StillUnderWay         what is wanted comes after the message's end
  x DeliveryError         a provider did not take a delivery
    + ProviderDown        known not sent; again later
      - NotTaken          asked afterwards, the provider knows no such delivery
    + OutcomeUnknown      the bytes left, no answer came
      - SafeToRepeat      the same, where the provider drops a second call
        StillInDoubt      the same, and that second call never left
    + RateLimited         again after a pause
    + RecipientRefused    this person, this channel: never
    + ContentRefused      this content: never
    + Misconfigured       account, template or permission: somebody must act
    + Undeliverable       we ourselves withhold it, with a reason
  x CallbackFailed        a client system did not take a status change

Texts never carry a name, an address, a number of a person or a secret: they
end in logs, in Temporal's histories and in answers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from core.words import Reason


class MessageCentreError(Exception):
    """The message centre could not do what was asked."""

    status: ClassVar[int] = 500
    title: ClassVar[str] = "Internal error"
    retryable: bool = False


class RequestError(MessageCentreError):
    """The caller can mend it."""

    status = 400
    title = "Bad request"


class Malformed(RequestError):
    """The body is not what it claims to be."""


class Ambiguous(Malformed):
    """The request may be two: a proxy before us may have seen another end of it."""

    closes = True


class Unauthenticated(RequestError):
    """Nobody known is asking."""

    status = 401
    title = "Unauthenticated"


class Forged(Unauthenticated):
    """A receipt that its provider did not sign, or signed long ago."""


class Forbidden(RequestError):
    """The caller is known and may not do this."""

    status = 403
    title = "Forbidden"


class NotFound(RequestError):
    """There is no such thing, or not for this caller."""

    status = 404
    title = "Not found"


class Gone(RequestError):
    """It was there, and is taken back or no longer holds."""

    status = 410
    title = "Gone"


class Conflict(RequestError):
    """The thing's state does not allow it."""

    status = 409
    title = "Conflict"


class TooLarge(RequestError):
    """The body is larger than this endpoint takes."""

    status = 413
    title = "Body too large"


class TooSlow(RequestError):
    """The body did not arrive in time."""

    status = 408
    title = "Request timeout"


class HeadersTooLarge(RequestError):
    """There are too many header fields, or they are too long."""

    status = 431
    title = "Request header fields too large"


class UnsupportedMedia(RequestError):
    """The body's type or encoding is not taken here."""

    status = 415
    title = "Unsupported media type"


@dataclass(frozen=True)
class FieldError:
    """One place of a refused body: a JSON pointer and what is wrong there."""

    pointer: str
    detail: str


class Invalid(RequestError):
    """The request is understood and refused, with the places that are wrong."""

    status = 422
    title = "Unprocessable content"

    def __init__(self, detail: str, errors: Sequence[FieldError] = ()) -> None:
        super().__init__(detail)
        self.errors = tuple(errors)


class TooManyRequests(RequestError):
    """The caller's rate is used up."""

    status = 429
    title = "Too many requests"

    def __init__(self, detail: str, retry_after: timedelta) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class Unavailable(MessageCentreError):
    """Something we need is down; nothing was accepted."""

    status = 503
    title = "Service unavailable"
    retryable = True
    retry_after = timedelta(seconds=5)


class StillUnderWay(MessageCentreError):
    """More of the message may go out yet; again after a while."""

    retryable = True


class DeliveryError(MessageCentreError):
    """A provider did not take a delivery.

    `code` is the provider's own error code, without its text (which may echo
    the recipient's number). `answered`: the provider itself refused this message;
    else it never came so far as to be refused.
    """

    reason: Reason = Reason.REJECTED

    def __init__(
        self, detail: str, *, code: str = "", retry_after: timedelta | None = None
    ) -> None:
        super().__init__(f"{detail} [{code}]" if code else detail)
        self.code = code
        self.retry_after = retry_after
        self.answered = False
        # By which account, and which call of the delivery, where there was one.
        self.account: str | None = None
        self.attempts: int | None = None


class ProviderDown(DeliveryError):
    """The provider is known not to have taken it; later may work."""

    retryable = True
    reason = Reason.UNREACHABLE


class NotTaken(ProviderDown):
    """Asked afterwards, the provider knows no such delivery."""


class OutcomeUnknown(DeliveryError):
    """The bytes left and no answer came: it may or may not have been sent."""

    reason = Reason.OUTCOME_UNKNOWN


class SafeToRepeat(OutcomeUnknown):
    """The outcome is unknown, but the provider drops a second call itself."""

    retryable = True


class StillInDoubt(SafeToRepeat):
    """The same, where the provider is away by now: the repeat never left."""

    reason = Reason.UNREACHABLE


class RateLimited(DeliveryError):
    """The provider asked us to slow down."""

    retryable = True
    reason = Reason.RATE_LIMITED


class RecipientRefused(DeliveryError):
    """This person can't be reached on this channel."""

    reason = Reason.INVALID_RECIPIENT


class ContentRefused(DeliveryError):
    """The provider refuses this message's content."""

    reason = Reason.REJECTED


class Misconfigured(DeliveryError):
    """Account, template, signature or permission is wrong: somebody must act."""

    reason = Reason.MISCONFIGURED


class Undeliverable(DeliveryError):
    """We withhold it ourselves: a template or a channel is switched off."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(f"withheld: {reason}")
        self.reason = reason


class CallbackFailed(MessageCentreError):
    """A client system did not take a status change; again after a while."""

    retryable = True

    def __init__(self, detail: str, retry_after: timedelta | None = None) -> None:
        super().__init__(detail)
        self.retry_after = retry_after
