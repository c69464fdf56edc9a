"""Tells staff of a queue's alarm by a message of the centre's own."""

from collections.abc import Sequence

from centre.audit.audit import Actor
from centre.audit.names import CENTRE
from centre.clients import queries, service
from centre.clients.models import Client, ClientDraft
from centre.context import Context
from centre.messages.accept import accept_message
from centre.messages.acceptance import MessageRequest, RecipientRequest
from centre.watch.models import Alarm
from centre.watch.rules import AlarmKind
from core.models import Address

# A client of the centre's own: its queue is not the one that is stuck.
TYPE = "queue-alarm"
_ACTOR = Actor(who=CENTRE)
_TROUBLE = {
    AlarmKind.BACKLOG: "积压过多",
    AlarmKind.OLDEST_AGE: "等待过久",
    AlarmKind.NO_POLLER: "无工作进程",
    AlarmKind.FAILURE_RATE: "失败率过高",
    AlarmKind.STUCK: "消息停滞",
    AlarmKind.MISCONFIGURED: "渠道配置有误",
    AlarmKind.SIGN_IN: "登录疑似被猜密码",
}


async def notify(context: Context, alarm: Alarm, told: Sequence[Address]) -> None:
    """Send the news to each of these people, once per incident.

    The key names the incident, so that a second process repeats nothing.
    """
    centre = await _centre(context)
    local = alarm.raised_at.astimezone(context.settings.timezone)
    params = {
        "client": _subject(alarm),
        "trouble": _TROUBLE[alarm.kind],
        "figure": f"{alarm.value:g}",
        "threshold": f"{alarm.threshold:g}",
        "time": local.strftime("%Y-%m-%d %H:%M"),
    }
    for index, person in enumerate(told):
        who = RecipientRequest(identities={person.type: person.value})
        asked = MessageRequest(type=TYPE, recipient=who, params=params)
        await accept_message(context, centre, asked, f"alarm-{alarm.id}-{index}")


def _subject(alarm: Alarm) -> str:
    """Return whose alarm it is, in the 35 characters a provider takes."""
    return f"账号{alarm.username}"[:35] if alarm.username else alarm.client


async def _centre(context: Context) -> Client:
    """Return the centre's own client; made the first time, without any scope."""
    async with context.store.sessions.begin() as session:
        found = await queries.find_client(session, CENTRE)
        if found is not None:
            return found
        draft = ClientDraft(
            code=CENTRE,
            name="消息中心",
            scopes=frozenset(),
            message_types=frozenset({TYPE}),
        )
        return (await service.add_client(session, draft, _ACTOR)).client
