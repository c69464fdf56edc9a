"""Message types for end-to-end tests, defined by the admin API."""

from collections.abc import Mapping

from tests.support.centre.system import Document, Office, Person

PARAMS = {"patient": "患者甲", "time": "2026-11-24 09:30", "number": "A12"}
_TEXT = "{{patient}}您好，请于{{time}}到院，序号{{number}}。"
_NEWS = {"title": "就诊提醒", "body": _TEXT}
TEMPLATES: Mapping[str, Document] = {
    "wechat": {
        **_NEWS,
        "provider_template": "e2e-template",
        "fields": {
            "thing1": "{{patient}}",
            "time2": "{{time}}",
            "character_string3": "{{number}}",
        },
    },
    "sms": {
        "body": _TEXT,
        "provider_template": "SMS_900000001 1900001",
        "fields": {"name": "{{patient}}", "time": "{{time}}", "number": "{{number}}"},
    },
    "voice": {
        "body": _TEXT,
        "provider_template": "TTS_900000001 9000001",
        "fields": {"name": "{{patient}}", "time": "{{time}}", "number": "{{number}}"},
    },
    "wecom": _NEWS,
    "email": _NEWS,
    "workstation": _NEWS,
    "inbox": _NEWS,
}
# The paper's two policies (2.2.2), with TH = 0.5.
BOOKING = {"wechat": 0.8, "sms": 0.4, "wecom": 0.2}
CRITICAL = {"wechat": 0.9, "sms": 0.8, "wecom": 0.7}
# A type that `channels` narrows to what a test is about, tried in this order.
ANY = {
    "wechat": 0.9,
    "sms": 0.8,
    "wecom": 0.7,
    "email": 0.6,
    "workstation": 0.5,
    "inbox": 0.4,
}


async def define(
    admin: Office,
    code: str,
    weights: Mapping[str, float],
    *,
    strategy: str = "threshold",
    priority: str = "normal",
) -> None:
    """Create a message type, its policy, and a template for each channel."""
    kind = {"code": code, "name": code, "priority": priority}
    await admin.ask("POST", "/admin/message-types", kind)
    policy = {
        "strategy": strategy,
        "threshold": 0.5,
        "channels": [{"channel": c, "weight": w} for c, w in weights.items()],
    }
    await admin.ask("PUT", f"/admin/message-types/{code}/policy", policy)
    for channel in weights:
        path = f"/admin/message-types/{code}/templates/{channel}"
        await admin.ask("PUT", path, TEMPLATES[channel])


def message(
    code: str, person: Person, *channels: str, **fields: object
) -> dict[str, object]:
    """Return the body of a message to a person, on all or only these channels."""
    only = {"channels": list(channels)} if channels else {}
    recipient = {"identities": person.identities, "name": "患者甲"}
    body = {"type": code, "recipient": recipient, "params": PARAMS}
    return body | only | fields
