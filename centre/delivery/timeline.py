"""What happened to a message: its runs, their stages, every call to a provider."""

from uuid import UUID

from centre.context import Context
from centre.delivery import attempt_queries
from centre.delivery.models import Attempt
from centre.messages.lookup import look_up
from core.base import Model
from core.models import Delivery, MessageStatus, Step, delivery_id
from core.words import Channel


class ChannelStory(Model):
    """One channel of a stage: how it stands, the calls made, the steps taken.

    Earlier runs keep no outcome, only their calls and steps.
    """

    channel: Channel
    delivery: Delivery | None = None
    attempts: tuple[Attempt, ...] = ()
    steps: tuple[Step, ...] = ()


class Stage(Model):
    """The channels tried at once; earlier runs have no number."""

    number: int | None
    channels: tuple[ChannelStory, ...]


class Run(Model):
    """The plan, tried once; each resend is another."""

    number: int
    stages: tuple[Stage, ...]


async def message_timeline(context: Context, message_id: UUID) -> tuple[Run, ...]:
    """Return what happened to a message, the newest run first."""
    return await timeline(context, (await look_up(context, message_id)).doc)


async def timeline(context: Context, doc: MessageStatus) -> tuple[Run, ...]:
    """Return what happened, the newest run first."""
    async with context.store.sessions() as session:
        made = await attempt_queries.attempts_of_message(session, doc.id)
    of_delivery: dict[UUID, list[Attempt]] = {}
    for attempt in made:
        of_delivery.setdefault(attempt.delivery_id, []).append(attempt)
    earlier = (
        _earlier(doc, number, of_delivery) for number in range(doc.run - 1, 0, -1)
    )
    return (_newest(doc, of_delivery), *(run for run in earlier if run.stages))


def _newest(doc: MessageStatus, made: dict[UUID, list[Attempt]]) -> Run:
    stages = []
    for number, channels in enumerate(doc.plan.stages, start=1):
        stories = tuple(
            ChannelStory(
                channel=channel,
                delivery=doc.delivery(channel),
                attempts=tuple(made.get(delivery_id(doc.id, channel, doc.run), ())),
                steps=_steps(doc, channel, doc.run),
            )
            for channel in channels
        )
        stages.append(Stage(number=number, channels=stories))
    return Run(number=doc.run, stages=tuple(stages))


def _earlier(doc: MessageStatus, run: int, made: dict[UUID, list[Attempt]]) -> Run:
    stories = [
        ChannelStory(
            channel=channel, attempts=tuple(calls), steps=_steps(doc, channel, run)
        )
        for channel in Channel
        if (calls := made.get(delivery_id(doc.id, channel, run)))
    ]
    stories.sort(key=lambda story: story.attempts[0].started_at)
    stages = (Stage(number=None, channels=tuple(stories)),) if stories else ()
    return Run(number=run, stages=stages)


def _steps(doc: MessageStatus, channel: Channel, run: int) -> tuple[Step, ...]:
    return tuple(s for s in doc.steps if s.channel is channel and s.run == run)
