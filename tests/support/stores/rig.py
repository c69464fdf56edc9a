"""What tests of the store work with: an actor, keys, messages."""

from datetime import UTC, datetime, timedelta
from typing import Any

from uuid_utils.compat import uuid7

from centre.audit.audit import Actor
from centre.catalog.plan import plan
from core.crypto import Keyring
from core.models import Message, Recipient
from core.policies import Policy, WeightedChannel
from core.words import Channel, IdentityType, Priority, Role

ACTOR = Actor(who="admin", role=Role.ADMIN, address="10.1.1.1")
START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
KEYRING = Keyring(
    keys={"k1": bytes(range(32))},
    current="k1",
    index_key=b"i" * 32,
    token_key=b"t" * 32,
)


def make_message(after: int = 0, **changes: Any) -> Message:
    """Return a message, accepted `after` seconds after START."""
    policy = Policy(
        channels=(
            WeightedChannel(channel=Channel.WECHAT, weight=0.8),
            WeightedChannel(channel=Channel.SMS, weight=0.4),
        )
    )
    identities = {
        IdentityType.MOBILE: "+8613800138000",
        IdentityType.EMPI_ID: "EMPI-MARKER",
    }
    facts: dict[str, Any] = {
        "id": uuid7(),
        "client": "his",
        "type": "registration-success",
        "priority": Priority.NORMAL,
        "recipient": Recipient(identities=identities, name="欧阳明文"),
        "params": {"patient_name": "欧阳明文"},
        "plan": plan(policy),
        "created_at": START + timedelta(seconds=after),
    }
    return Message(**{**facts, **changes})
