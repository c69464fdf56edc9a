"""How people stand with channels: told by providers, shown, taken back."""

from datetime import datetime, timedelta
from uuid import UUID

import structlog
from pydantic import Field

from centre.audit.audit import Actor
from centre.context import Context
from centre.people.masking import patient_in_clear
from centre.reachability import consents
from centre.reachability import queries as standings
from centre.reachability.consents import Consent
from centre.reachability.rules import Standing, fades_at, reason_to_skip
from channels.receipts import Happening, PersonEvent, ProviderReceipt
from core.base import Model
from core.errors import Conflict, Forbidden, Unavailable
from core.models import Address
from core.words import REACHED, Channel, IdentityType, Outcome, Reason, Role
from db.columns import utc_now
from db.session import Session
from db.store import Store

MAY_CLEAR = frozenset({Role.ADMIN, Role.OPERATOR})

log = structlog.get_logger("standings")


class StandingView(Standing):
    """How an identity stands with a channel, and what follows.

    `reason` is why messages are kept back, none where they are tried; `until` is
    when that ends by itself.
    """

    identity_type: IdentityType
    reason: Reason | None
    until: datetime | None


class ConsentChange(Model):
    """How many messages of a provider's template a person allows from now on."""

    template: str = Field(min_length=1, max_length=128, pattern=r"^[\x21-\x7e]+$")
    quota: int = Field(default=1, ge=0, le=10_000, strict=True)
    unlimited: bool = Field(default=False, strict=True)


class StoreConsents:
    """The ledger of consents as its channel sees it.

    A ledger that can't be written must not turn a message that was taken into
    one whose end is not known; it is put right by the provider's next answer.
    """

    def __init__(self, store: Store, fade: timedelta) -> None:
        self._store = store
        self._fade = fade

    async def allows(self, address: Address, template: str) -> bool:
        """Tell whether a message may be tried; yes where the ledger can't be read."""
        try:
            async with self._store.sessions() as session:
                return await consents.allows(session, address, template, self._fade)
        except Unavailable:
            log.warning("consents.not_read")
            return True

    async def used(self, address: Address, template: str, *, once: bool) -> None:
        """Note that a message was taken, or may have been."""
        try:
            async with self._store.sessions.begin() as session:
                await consents.use(session, address, template, once=once)
        except Unavailable:
            log.warning("consents.not_written")

    async def refused(self, address: Address, template: str) -> None:
        """Note that the provider says there is no consent."""
        try:
            async with self._store.sessions.begin() as session:
                await consents.withdraw(session, address, template)
        except Unavailable:
            log.warning("consents.not_written")


async def note_event(session: Session, event: PersonEvent) -> None:
    """Keep what a person did on a channel."""
    channel, address, at = event.channel, event.address, event.at
    match event.happening:
        case Happening.FOLLOWED:
            await standings.note_following(session, channel, address, at)
        case Happening.UNFOLLOWED:
            await standings.note_unfollowed(session, channel, address, at)
        case Happening.CONSENTED:
            await standings.note_reached(session, channel, address)
            if event.template:
                await consents.grant(session, address, event.template)
        case Happening.DECLINED:
            if event.template:
                await consents.withdraw(session, address, event.template)


async def note_receipt(
    session: Session, receipt: ProviderReceipt, address: Address, type_code: str
) -> None:
    """Keep what a receipt says of the person its message went to."""
    channel = receipt.channel
    if receipt.refused:
        await standings.note_refusal(
            session, channel, address, type_code, receipt.code, receipt.at
        )
    elif receipt.outcome in REACHED - {Outcome.ACCEPTED}:
        await standings.note_reached(session, channel, address)


async def standing_views(
    session: Session, identity_type: IdentityType, value: str, fade: timedelta
) -> tuple[StandingView, ...]:
    """Return how an identity stands with each channel that said something of it."""
    now = utc_now()
    return tuple(
        StandingView(
            **dict(known),
            identity_type=identity_type,
            reason=reason_to_skip(known, now, fade),
            until=fades_at(known, fade),
        )
        for known in await standings.known_of(session, identity_type, value)
    )


async def standings_of_patient(
    context: Context, person_id: UUID
) -> tuple[StandingView, ...]:
    """Return how every identity of a patient stands."""
    found = await patient_in_clear(context, person_id)
    fade = context.settings.standing_fade
    async with context.store.sessions() as session:
        several = [
            await standing_views(session, kind, value, fade)
            for kind, value in found.identities.items()
        ]
    return tuple(view for views in several for view in views)


async def consents_of_patient(context: Context, person_id: UUID) -> tuple[Consent, ...]:
    """Return what a patient still allows in the mini program."""
    found = await patient_in_clear(context, person_id)
    kind = IdentityType.WECHAT_MINI_OPENID
    if kind not in found.identities:
        return ()
    async with context.store.sessions() as session:
        return await consents.consents_of(session, kind, found.identities[kind])


async def set_consent(
    context: Context, person_id: UUID, change: ConsentChange, actor: Actor
) -> None:
    """Set what a patient allows of a template, where no event of WeChat told it."""
    if actor.role not in MAY_CLEAR:
        raise Forbidden("This role does not change how people stand.")
    found = await patient_in_clear(context, person_id)
    kind = IdentityType.WECHAT_MINI_OPENID
    if kind not in found.identities:
        raise Conflict("This patient has no mini-program openid.")
    address = Address(type=kind, value=found.identities[kind])
    said = change.model_dump()
    async with context.store.sessions.begin() as session:
        await consents.put(session, address, **said, actor=actor)


async def clear_standing(
    context: Context,
    person_id: UUID,
    identity_type: IdentityType,
    channel: Channel | None,
    actor: Actor,
) -> None:
    """Let a patient's identity be tried again at once; the log keeps who said so."""
    if actor.role not in MAY_CLEAR:
        raise Forbidden("This role does not change how people stand.")
    found = await patient_in_clear(context, person_id)
    value = found.identities.get(identity_type)
    if value is None:
        return
    async with context.store.sessions.begin() as session:
        await standings.clear(session, identity_type, value, channel, actor)
