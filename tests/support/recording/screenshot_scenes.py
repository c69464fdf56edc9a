"""What the documents' screenshots show: a morning of the demonstration's hospital."""

import asyncio
from dataclasses import dataclass
from datetime import date

from core.settings import Settings
from deploy.credentials import client_key
from deploy.demo_scenes import BOOKING, VALUES, person
from deploy.remote import FINAL, Document, Remote, as_client
from deploy.up import api_url

ADMIN = "/v1/admin"
WARD = "心血管内科"
CRITICAL = "critical-value"
# Each look has a screen of its own.
STATIONS = {"zh": "ICU-3-N1", "en-dark": "ICU-3-N2", "phone": "ICU-3-N3"}
_NIGHT = {"start": "22:00", "end": "08:00"}
_RULES = {
    "/sending-times": {"quiet": [_NIGHT], "caps": [{"most": 8, "hours": 24}]},
    "/type-classes/marketing/sending-times": {
        "windows": [{"days": [1, 2, 3, 4, 5], "start": "09:00", "end": "18:00"}],
        "closed_on_holidays": True,
        "caps": [{"most": 2, "hours": 168, "then": "digest"}],
    },
}
_HOLIDAYS = (
    (date(2027, 1, 1), "元旦", 7),
    (date(2027, 2, 6), "春节", 7),
    (date(2027, 2, 20), "春节调休", 5),
)
_MORNING = (
    ("his", "registration-success", 40),
    ("lis", "lab-report", 25),
    ("pacs", "exam-booking", 20),
    ("self-service", "registration-success", 20),
    ("e-invoice", "e-invoice", 15),
)
# By itself each of these: what else the morning's calls would be.
_ALONE = (("sms", 60), ("wecom", 45))
_FOLLOW_UPS = 60


@dataclass(frozen=True)
class Shown:
    """Where the pages with parameters are, and the wards' secrets by look."""

    places: dict[str, str]
    secrets: dict[str, str]


async def play(settings: Settings, admin: Remote) -> Shown:
    """Set the hospital up, send a morning's messages, and say where to look."""
    for path, rules in _RULES.items():
        await admin.put(f"{ADMIN}{path}", rules)
    for day, name, counts_as in _HOLIDAYS:
        body = {"name": name, "counts_as": counts_as}
        await admin.put(f"{ADMIN}/holidays/{day}", body)
    secrets = {look: await _station(admin, look) for look in STATIONS}
    for client, kind, count in _MORNING:
        await _send(settings, admin, client, kind, range(100, 100 + count))
    for channel, count in _ALONE:
        numbers = range(200, 200 + count)
        await _send(settings, admin, "his", BOOKING, numbers, [channel])
    person_id = await _patient(admin)
    batch = await _batch(settings, admin)
    message = await _repeated(admin)
    places = {
        "/messages/{message_id}": f"/messages/{message}",
        "/patients/{person_id}": f"/patients/{person_id}",
        "/batches/{batch_id}": f"/batches/{batch}",
        "/types/{code}": f"/types/{CRITICAL}",
        "/types/{code}/policy": f"/types/{CRITICAL}/policy",
    }
    return Shown(places, secrets)


async def _station(admin: Remote, look: str) -> str:
    number = STATIONS[look][-1]
    name = f"{WARD}护士站 {number} 号机"
    body: Document = {"id": STATIONS[look], "name": name, "department": WARD}
    body["staff"] = ["N0217", "N0301"]
    made = await admin.post(f"{ADMIN}/workstations", body)
    return str(made["secret"])


async def critical(settings: Settings, admin: Remote) -> None:
    """Send a critical value to the ward's screens."""
    policy = await admin.get(f"{ADMIN}/message-types/{CRITICAL}/policy")
    channels = [c for c in policy["channels"] if c["channel"] != "workstation"]
    kept = {"strategy": policy["strategy"], "threshold": policy["threshold"]}
    kept["channels"] = [{"channel": "workstation", "weight": 0.95}, *channels]
    await admin.put(f"{ADMIN}/message-types/{CRITICAL}/policy", kept)
    words = {
        "title": "危急值：血钾 2.3 mmol/L",
        "body": "{{department}} {{bed_no}} 床 {{patient_name}}，{{item}} 2.3 mmol/L"
        "（参考 3.5–5.3），报告时间 {{report_time}}。请立即处理并确认。",
    }
    path = f"{ADMIN}/message-types/{CRITICAL}/templates/workstation"
    await admin.put(path, words)
    kind = await admin.get(f"{ADMIN}/message-types/{CRITICAL}")
    async with as_client(
        api_url(settings), *client_key(settings.state_dir, "lis")
    ) as lis:
        body = _body(kind, {"department": WARD})
        await lis.post("/v1/messages", body)


async def _send(
    settings: Settings,
    admin: Remote,
    client: str,
    kind: str,
    numbers: range,
    channels: list[str] | None = None,
) -> None:
    """Send messages to people with these numbers, and wait for the ends."""
    wanted = await admin.get(f"{ADMIN}/message-types/{kind}")
    key = client_key(settings.state_dir, client)
    async with as_client(api_url(settings), *key) as system:
        sent = [
            await system.post("/v1/messages", _body(wanted, person(number), channels))
            for number in numbers
        ]
        for one in sent:
            await _ended(system, f"/v1/messages/{one['id']}")


async def _ended(system: Remote, path: str) -> None:
    async with asyncio.timeout(60):
        while True:
            if (await system.get(path))["status"] in FINAL:
                return
            await asyncio.sleep(0.3)


def _body(
    kind: Document, to: dict[str, str], channels: list[str] | None = None
) -> Document:
    params = {name: VALUES[name] for name in kind["placeholders"]}
    body = {"type": kind["code"], "recipient": {"identities": to}, "params": params}
    return body | ({"channels": channels} if channels else {})


async def _patient(admin: Remote) -> str:
    """Have somebody who does not follow the account, but consents elsewhere."""
    mini = "oMini00000000000000000000002"
    known = person(2) | {"wechat_mini_openid": mini}
    body = {"name": "王小明", "identities": known}
    made = await admin.put(f"{ADMIN}/patients/EMPI900002", body)
    consent = {"template": "zun-LzcQyW-edafCVvzPkK4de2Rllr1fFpw2A_x0oXE", "quota": 2}
    await admin.put(f"{ADMIN}/consents/wechat_mini_openid/{mini}", consent)
    return str(made["id"])


async def _batch(settings: Settings, admin: Remote) -> str:
    """Send follow-up reminders in a batch that is still under way."""
    kind = await admin.get(f"{ADMIN}/message-types/service-reminder")
    params = {name: VALUES[name] for name in kind["placeholders"]}
    people = [
        {"identities": person(number), "params": params}
        for number in range(300, 300 + _FOLLOW_UPS)
    ]
    key = client_key(settings.state_dir, "follow-up")
    async with as_client(api_url(settings), *key) as system:
        body = {"type": kind["code"], "recipients": people, "rate_per_second": 1}
        return str((await system.post("/v1/batches", body))["id"])


async def _repeated(admin: Remote) -> str:
    """Return the message that failed on every channel and was sent again."""
    found = await admin.get("/v1/messages", client="pacs", reference="demo")
    return str(found["items"][0]["id"])
