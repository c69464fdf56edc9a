"""What a change of a type's texts or channels would mean to those who send it."""

from centre.catalog import types as catalog
from centre.catalog.clinical import ClinicalFinding, clinical_findings
from centre.catalog.placeholders import required_params, template_placeholders
from centre.catalog.templates import TemplateDraft, check_template
from centre.clients import usage as client_use
from centre.clients.usage import Sender
from core.base import Model, evolve
from core.errors import NotFound
from core.policies import MessageType, Policy, Template
from core.words import Channel
from db.session import Session


class Review(Model):
    """What senders must newly fill (`added`) or may no longer (`dropped`).

    Either breaks requests that went through before: `senders` names the
    clients that may send the type, and is empty where nothing breaks.
    """

    placeholders: tuple[str, ...]
    added: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    senders: tuple[Sender, ...] = ()
    clinical: tuple[ClinicalFinding, ...] = ()

    @property
    def breaking(self) -> bool:
        """Whether what clients send today would be refused."""
        return bool(self.added or self.dropped)


async def review_template(
    session: Session, code: str, channel: Channel, draft: TemplateDraft
) -> Review:
    """Return what a new version of a template would change; Invalid if it can't be."""
    check_template(draft)
    kind = await _kind(session, code)
    new = Template(channel=channel, **draft.model_dump())
    after = evolve(kind, templates={**kind.templates, channel: new})
    return await _review(
        session,
        kind,
        after,
        tuple(template_placeholders(new)),
        clinical_findings(new),
    )


async def review_policy(session: Session, code: str, policy: Policy) -> Review:
    """Return what a new policy would change: its channels decide what is required."""
    kind = await _kind(session, code)
    after = evolve(kind, policy=policy)
    return await _review(session, kind, after, tuple(sorted(required_params(after))))


async def _kind(session: Session, code: str) -> MessageType:
    kind = await catalog.message_type(session, code)
    if kind is None:
        raise NotFound("There is no such message type.")
    return kind


async def _review(
    session: Session,
    before: MessageType,
    after: MessageType,
    names: tuple[str, ...],
    clinical: tuple[ClinicalFinding, ...] = (),
) -> Review:
    old, new = required_params(before), required_params(after)
    # Nobody can have sent a type that had no channels, or that is new.
    breaks = old != new and bool(before.policy.channels)
    senders = await client_use.senders_of(session, before.code) if breaks else ()
    return Review(
        placeholders=names,
        added=tuple(sorted(new - old)) if breaks else (),
        dropped=tuple(sorted(old - new)) if breaks else (),
        senders=senders,
        clinical=clinical,
    )
