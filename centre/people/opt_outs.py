"""What people do not want to receive: said, taken back, listed."""

from uuid import UUID

from centre.audit import audit
from centre.audit.audit import Actor
from centre.audit.roles import ADMINS
from centre.catalog import type_queries
from centre.context import Context
from centre.people import opt_out_queries
from centre.people.contracts import Preference
from centre.people.opt_out_queries import Columns
from centre.people.patients import identity_of, patient_in_clear
from core.errors import FieldError, Invalid
from core.words import Channel, IdentityType, OptOutSource, TypeClass
from db.session import Session


async def opt_outs_of(
    context: Context, identity_type: IdentityType, value: str
) -> tuple[Preference, ...]:
    """Return what the person of an identity has opted out of."""
    async with context.store.sessions() as session:
        return await opt_out_queries.preferences_of(session, identity_type, value)


async def opt_outs_of_patient(
    context: Context, person_id: UUID
) -> dict[IdentityType, tuple[Preference, ...]]:
    """Return a patient's opt-outs, by the kind of number they hold for."""
    found = await patient_in_clear(context, person_id)
    async with context.store.sessions() as session:
        return {
            kind: await opt_out_queries.preferences_of(session, kind, value)
            for kind, value in found.identities.items()
        }


async def opt_out(
    context: Context, wanted: Preference, value: str, actor: Actor
) -> Preference:
    """Opt an identity out of a channel, a type, a class, or one on the other.

    Saying it twice changes nothing. Raises Forbidden, and Invalid where the value
    is none, there is no such type, or both a type and a class are given.
    """
    actor.must_be(*ADMINS)
    async with context.store.sessions.begin() as session:
        await _check_type(session, wanted.message_type)
        said, _ = await note_opt_out(
            session,
            wanted.identity_type,
            value,
            wanted.channel,
            actor,
            wanted.message_type,
            wanted.type_class,
        )
    return said


async def opt_in(
    context: Context, wanted: Preference, value: str, actor: Actor
) -> None:
    """Take an opt-out back; raises what `opt_out` does, but for an unknown type."""
    actor.must_be(*ADMINS)
    what = wanted.channel, wanted.message_type, wanted.type_class
    async with context.store.sessions.begin() as session:
        columns = opt_out_queries.columns_of(
            session, wanted.identity_type, value, *what
        )
        await opt_out_queries.remove(session, columns)
        await _log(session, actor, "opt-in", columns)


async def opt_patient_out(
    context: Context, person_id: UUID, wanted: Preference, actor: Actor
) -> None:
    """Opt a patient's number out; NotFound where the patient has none of this kind."""
    value = await identity_of(context, person_id, wanted.identity_type)
    await opt_out(context, wanted, value, actor)


async def opt_patient_in(
    context: Context, person_id: UUID, wanted: Preference, actor: Actor
) -> None:
    """Take one of a patient's opt-outs back."""
    value = await identity_of(context, person_id, wanted.identity_type)
    await opt_in(context, wanted, value, actor)


async def note_opt_out(
    session: Session,
    identity_type: IdentityType,
    value: str,
    channel: Channel | None,
    actor: Actor,
    message_type: str | None = None,
    type_class: TypeClass | None = None,
    source: OptOutSource | None = None,
) -> tuple[Preference, bool]:
    """Note an opt-out in this transaction; tell whether it is news."""
    what = channel, message_type, type_class
    columns = opt_out_queries.columns_of(session, identity_type, value, *what)
    said, new = await opt_out_queries.add(session, columns, source)
    if new:
        await _log(session, actor, "opt-out", columns)
    return said, new


async def _check_type(session: Session, code: str | None) -> None:
    if code is None or await type_queries.find_message_type(session, code):
        return
    field_error = FieldError("/message_type", "There is no such message type.")
    raise Invalid(field_error.detail, [field_error])


async def _log(session: Session, actor: Actor, action: str, columns: Columns) -> None:
    target = f"preferences/{columns['identity_type']}/{columns['index_hmac']}"
    what = {name: columns[name] for name in ("channel", "message_type")}
    await audit.write(session, actor, action, target, None, what)
