"""What a new centre begins with: dictionaries, types, clients, made-up people.

Loading again adds what is missing and never touches what is there: an
administrator may have changed it.
"""

from pathlib import Path
from typing import Any

import yaml
from sqlmodel import select

from centre.audit.audit import Actor
from centre.catalog.dictionaries import ChannelEntry, IdentityTypeEntry
from centre.catalog.tables import ChannelRow, IdentityTypeRow, MessageTypeRow
from centre.catalog.templates import TemplateDraft, put_template
from centre.catalog.types import MessageTypeDraft, create_message_type, put_policy
from centre.clients.queries import ClientDraft, NewClient, create_client
from centre.clients.tables import ClientRow
from centre.people.persons import add_missing
from centre.people.seeds import patients, staff
from centre.schedule.queries import put_rules, rules_of
from centre.schedule.rules import SendingRules, Window, class_scope
from core.policies import Policy
from core.words import Channel, TypeClass
from db.session import Session
from db.sql import dialect_of, insert_into, lock, table_of

_DATA = Path(__file__).parent
_ACTOR = Actor(who="seeds")


async def seed(session: Session) -> tuple[NewClient, ...]:
    """Load what is missing; returns the clients created, with their secrets."""
    await lock(session, "seeds")
    await seed_dictionaries(session)
    await _message_types(session)
    await _night_of_marketing(session)
    await add_missing(session, "patient", list(patients()), _ACTOR)
    await add_missing(session, "staff", list(staff()), _ACTOR)
    return await _clients(session)


def message_type_data() -> list[dict[str, Any]]:
    """Return the seeded types as their files have them, in order of code."""
    files = sorted((_DATA / "message_types").glob("*.yaml"))
    return [_load(file) for file in files]


def _load(file: Path) -> Any:
    return yaml.safe_load(file.read_text(encoding="utf-8"))


async def seed_dictionaries(session: Session) -> None:
    """Load the channels and identity types that are missing."""
    channels = [ChannelEntry.model_validate(e) for e in _load(_DATA / "channels.yaml")]
    kinds = _load(_DATA / "identity_types.yaml")
    types = [IdentityTypeEntry.model_validate(entry) for entry in kinds]
    for row, entries in ((ChannelRow, channels), (IdentityTypeRow, types)):
        new = insert_into(dialect_of(session), table_of(row))
        values = [
            {**entry.model_dump(mode="json"), "position": place}
            for place, entry in enumerate(entries)
        ]
        await session.exec(new.values(values).on_conflict_do_nothing())


async def _night_of_marketing(session: Session) -> None:
    """Nobody is woken by what the hospital advertises."""
    scope = class_scope(TypeClass.MARKETING)
    if (await rules_of(session, scope)).version == 0:
        night = SendingRules(quiet=(Window(start="22:00", end="08:00"),))
        await put_rules(session, scope, night, _ACTOR)


async def _message_types(session: Session) -> None:
    known = set((await session.exec(select(MessageTypeRow.code))).all())
    for data in message_type_data():
        if data["code"] not in known:
            await _add_type(session, data)


async def add_confirmation(session: Session) -> None:
    """Add the type that answers an opt-out, when it is first wanted."""
    await lock(session, "seeds")
    data = _load(_DATA / "opt_out_confirmation.yaml")
    if await session.get(MessageTypeRow, data["code"]) is None:
        await _add_type(session, data)


async def _add_type(session: Session, data: dict[str, Any]) -> None:
    policy, templates = data.pop("policy"), data.pop("templates")
    draft = MessageTypeDraft.model_validate(data)
    await create_message_type(session, draft, _ACTOR)
    await put_policy(session, draft.code, Policy.model_validate(policy), _ACTOR)
    for channel, content in templates.items():
        said = TemplateDraft.model_validate(content)
        await put_template(session, draft.code, Channel(channel), said, _ACTOR)


async def _clients(session: Session) -> tuple[NewClient, ...]:
    known = set((await session.exec(select(ClientRow.code))).all())
    drafts = map(ClientDraft.model_validate, _load(_DATA / "clients.yaml"))
    return tuple(
        [
            await create_client(session, draft, _ACTOR)
            for draft in drafts
            if draft.code not in known
        ]
    )
