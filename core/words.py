"""The fixed vocabularies: channels, identities, states, reasons, roles."""

from enum import StrEnum


class Channel(StrEnum):
    """The ways to reach a person, in the order of the channel dictionary."""

    SMS = "sms"
    WECHAT = "wechat"
    WECHAT_MINI = "wechat_mini"
    WECHAT_MEDICAL = "wechat_medical"
    WECOM = "wecom"
    ALIPAY = "alipay"
    EMAIL = "email"
    VOICE = "voice"
    WORKSTATION = "workstation"
    INBOX = "inbox"


class IdentityType(StrEnum):
    """What kind of value names a recipient (the paper's table 2)."""

    EMPI_ID = "empi_id"
    PATIENT_ID = "patient_id"
    OUTPATIENT_NO = "outpatient_no"
    INPATIENT_NO = "inpatient_no"
    ID_CARD = "id_card"
    MOBILE = "mobile"
    LANDLINE = "landline"
    WECHAT_OPENID = "wechat_openid"
    WECHAT_MINI_OPENID = "wechat_mini_openid"
    WECHAT_UNIONID = "wechat_unionid"
    WECOM_USERID = "wecom_userid"
    STAFF_NO = "staff_no"
    DEPARTMENT = "department"
    WORKSTATION_ID = "workstation_id"
    ALIPAY_USER_ID = "alipay_user_id"
    EMAIL = "email"


class Status(StrEnum):
    """Where a message stands."""

    ACCEPTED = "accepted"
    SCHEDULED = "scheduled"
    DELIVERING = "delivering"
    DELIVERED = "delivered"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class Outcome(StrEnum):
    """Where a delivery (one message on one channel) stands."""

    PENDING = "pending"
    SENDING = "sending"
    UNKNOWN = "unknown"
    ACCEPTED = "accepted"
    FAILED = "failed"
    DELIVERED = "delivered"
    READ = "read"
    SKIPPED = "skipped"


class Reason(StrEnum):
    """Why a delivery was skipped or failed, or is not yet known."""

    POLICY_SATISFIED = "policy_satisfied"
    NO_ADDRESS = "no_address"
    OPTED_OUT = "opted_out"
    QUIET_HOURS = "quiet_hours"
    FREQUENCY_CAP = "frequency_cap"
    TYPE_DISABLED = "type_disabled"
    TEMPLATE_DISABLED = "template_disabled"
    NO_TEMPLATE = "no_template"
    CHANNEL_DISABLED = "channel_disabled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REJECTED = "rejected"
    UNREACHABLE = "unreachable"
    RATE_LIMITED = "rate_limited"
    INVALID_RECIPIENT = "invalid_recipient"
    MISCONFIGURED = "misconfigured"
    OUTCOME_UNKNOWN = "outcome_unknown"
    NO_RECEIPT = "no_receipt"
    RECEIPT_FAILED = "receipt_failed"
    INTERNAL_ERROR = "internal_error"
    NOT_FOLLOWING = "not_following"
    BLOCKED = "blocked"
    NEED_SUBSCRIBE = "need_subscribe"
    OUT_OF_RANGE = "out_of_range"
    KNOWN_INVALID = "known_invalid"
    DIGESTED = "digested"


class Then(StrEnum):
    """What follows where a call's outcome stays unknown."""

    REPEAT = "repeat"
    NEXT = "next"


class StepKind(StrEnum):
    """What the centre did about a delivery that nobody was sure of."""

    ASKED = "asked"
    WAITED = "waited"
    REPEATED = "repeated"
    PASSED_OVER = "passed_over"


class StepWhy(StrEnum):
    """Why it did so."""

    NOT_TAKEN = "not_taken"
    POLICY = "policy"
    CRITICAL = "critical"
    DEFAULT = "default"
    EXPIRED = "expired"
    AGAIN = "again"
    NO_RECEIPT = "no_receipt"
    RECEIPT_FAILED = "receipt_failed"


class Strategy(StrEnum):
    """How a policy turns weights into stages."""

    THRESHOLD = "threshold"
    FIRST_SUCCESS = "first_success"
    BROADCAST = "broadcast"


class Priority(StrEnum):
    """How urgent a message type is."""

    CRITICAL = "critical"
    HIGH = "high"
    NORMAL = "normal"
    BULK = "bulk"

    @property
    def key(self) -> int:
        """Temporal's priority key: 1 overtakes, 5 waits."""
        return {"critical": 1, "high": 2, "normal": 3, "bulk": 5}[self.value]


class TypeClass(StrEnum):
    """What a message type is about: what people opt out of, when it may be sent."""

    CLINICAL = "clinical"
    APPOINTMENT = "appointment"
    BILLING = "billing"
    SERVICE = "service"
    MARKETING = "marketing"


class Scope(StrEnum):
    """What a client's token may be used for (RFC 6749 section 3.3)."""

    MESSAGES_SEND = "messages:send"
    MESSAGES_READ = "messages:read"
    MESSAGES_CANCEL = "messages:cancel"
    MESSAGES_ACKNOWLEDGE = "messages:acknowledge"
    BATCHES_SEND = "batches:send"
    INBOX_READ = "inbox:read"


# What a client gets that asks for nothing particular: to read people's inboxes is
# for the hospital's own app alone.
USUAL_SCOPES = frozenset(Scope) - {Scope.INBOX_READ}


class OptOutSource(StrEnum):
    """How an opt-out was said, where nobody of the hospital wrote it down."""

    SMS_REPLY = "sms_reply"


class Role(StrEnum):
    """What a person may do."""

    ADMIN = "admin"
    OPERATOR = "operator"
    AUDITOR = "auditor"


REACHED = frozenset({Outcome.ACCEPTED, Outcome.DELIVERED, Outcome.READ})


class State(StrEnum):
    """How a person stands with a channel."""

    FOLLOWING = "following"
    UNFOLLOWED = "unfollowed"
    BLOCKED = "blocked"
    NEED_SUBSCRIBE = "need_subscribe"
    OUT_OF_RANGE = "out_of_range"
    INVALID = "invalid"
