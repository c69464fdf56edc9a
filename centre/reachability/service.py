"""How people stand with channels: told by providers, shown, taken back."""

from datetime import timedelta
from uuid import UUID

import structlog

from centre.audit import audit
from centre.audit.audit import Actor
from centre.audit.roles import OPERATORS
from centre.context import Context
from centre.people.patients import identity_of, patient_in_clear
from centre.reachability import consent_queries as consents
from centre.reachability import queries as standings
from centre.reachability.contracts import Consent, ConsentChange, StandingView
from centre.reachability.rules import fades_at, reason_to_skip
from channels.receipts import Happening, PersonEvent, ProviderReceipt
from core.clock import utc_now
from core.errors import Conflict, Invalid, Unavailable
from core.models import Address
from core.words import REACHED, Channel, IdentityType, Outcome
from db.session import Session
from db.store import Store

# The only identity that consents are given under.
_OF_CONSENTS = IdentityType.WECHAT_MINI_OPENID

log = structlog.get_logger("standings")


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


async def standings_of(
    context: Context, identity_type: IdentityType, value: str
) -> tuple[StandingView, ...]:
    """Return how an identity stands with each channel that said something of it."""
    now, fade = utc_now(), context.settings.standing_fade
    async with context.store.sessions() as session:
        found = await standings.known_of(session, identity_type, value)
    return tuple(
        StandingView(
            **dict(known),
            identity_type=identity_type,
            reason=reason_to_skip(known, now, fade),
            until=fades_at(known, fade),
        )
        for known in found
    )


async def standings_of_patient(
    context: Context, person_id: UUID
) -> tuple[StandingView, ...]:
    """Return how every identity of a patient stands."""
    found = await patient_in_clear(context, person_id)
    several = [await standings_of(context, *one) for one in found.identities.items()]
    return tuple(view for views in several for view in views)


async def consents_of(
    context: Context, identity_type: IdentityType, value: str
) -> tuple[Consent, ...]:
    """Return what a person still allows, by template."""
    async with context.store.sessions() as session:
        return await consents.consents_of(session, identity_type, value)


async def consents_of_patient(context: Context, person_id: UUID) -> tuple[Consent, ...]:
    """Return what a patient still allows in the mini program."""
    found = await patient_in_clear(context, person_id)
    value = found.identities.get(_OF_CONSENTS)
    return () if value is None else await consents_of(context, _OF_CONSENTS, value)


async def set_consent(
    context: Context, address: Address, change: ConsentChange, actor: Actor
) -> None:
    """Set what a person allows of a template, where no event of WeChat told it.

    Invalid for an identity that is no mini-program openid: none is asked of others.
    """
    actor.must_be(*OPERATORS)
    if address.type is not _OF_CONSENTS:
        raise Invalid("Consents are given under a mini-program openid only.")
    said = change.model_dump()
    index = context.keyring.index(address.type, address.value)
    target = f"consents/{address.type}/{index}"
    async with context.store.sessions.begin() as session:
        await consents.put(session, address, **said)
        await audit.write(session, actor, "set-consent", target, None, said)


async def set_patient_consent(
    context: Context, person_id: UUID, change: ConsentChange, actor: Actor
) -> None:
    """Set what a patient allows; Conflict for one who has no mini-program openid."""
    found = await patient_in_clear(context, person_id)
    value = found.identities.get(_OF_CONSENTS)
    if value is None:
        raise Conflict("This patient has no mini-program openid.")
    address = Address(type=_OF_CONSENTS, value=value)
    await set_consent(context, address, change, actor)


async def clear_standing(
    context: Context, address: Address, channel: Channel | None, actor: Actor
) -> None:
    """Let an identity be tried again at once, on one channel or on all.

    Where nothing stands, nothing is done and nothing written down.
    """
    actor.must_be(*OPERATORS)
    kind, value = address.type, address.value
    index = context.keyring.index(kind, value)
    async with context.store.sessions.begin() as session:
        if not await standings.clear(session, index, channel):
            return
        target, what = f"standings/{kind}/{index}", {"channel": channel}
        await audit.write(session, actor, "clear-standing", target, None, what)


async def clear_patient_standing(
    context: Context,
    person_id: UUID,
    identity_type: IdentityType,
    channel: Channel | None,
    actor: Actor,
) -> None:
    """Let a patient's identity be tried again; NotFound without such a number."""
    value = await identity_of(context, person_id, identity_type)
    address = Address(type=identity_type, value=value)
    await clear_standing(context, address, channel, actor)
