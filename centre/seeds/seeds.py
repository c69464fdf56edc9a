"""What a new centre begins with: dictionaries, types, clients, made-up people.

Loading again adds what is missing and never touches what is there: an
administrator may have changed it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from centre.access.users import ensure_admin
from centre.audit.audit import Actor
from centre.catalog import dictionary_queries, type_queries
from centre.catalog.message_types import add_message_type
from centre.catalog.models import (
    ChannelEntry,
    IdentityTypeEntry,
    MessageTypeDraft,
    PolicyChange,
    TemplateDraft,
)
from centre.catalog.policies import add_policy
from centre.catalog.templates import add_template
from centre.clients import queries as clients
from centre.clients.models import ClientDraft, NewClient
from centre.clients.service import add_client
from centre.people.persons import add_missing
from centre.people.seeds import patients, staff
from centre.schedule.queries import rules_of
from centre.schedule.rules import SendingRules, Window, class_scope
from centre.schedule.sending_times import add_rules
from core.words import Channel, TypeClass
from db.session import Session
from db.sql import lock
from db.store import Store

_DATA = Path(__file__).parent
_ACTOR = Actor(who="seeds")


Keep = Callable[[Sequence[NewClient]], None]


@dataclass(frozen=True)
class Filled:
    """Whether the first administrator was new, and how many clients were."""

    administrator: bool
    clients: int


async def fill(store: Store, password: str, keep: Keep) -> Filled:
    """Make the first administrator and load what is missing, all or nothing.

    `keep` gets the new clients before the commit: a secret that only the store's
    hash knew is lost.
    """
    async with store.sessions.begin() as session:
        created = await ensure_admin(session, password)
        added = await seed(session)
        keep(added)
    return Filled(created, len(added))


async def seed(session: Session) -> tuple[NewClient, ...]:
    """Load what is missing; returns the clients created, with their secrets."""
    await lock(session, "seeds")
    await lock(session, "catalog")
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
    await dictionary_queries.add_missing_channels(session, channels)
    await dictionary_queries.add_missing_identity_types(session, types)


async def _night_of_marketing(session: Session) -> None:
    """Nobody is woken by what the hospital advertises."""
    scope = class_scope(TypeClass.MARKETING)
    if (await rules_of(session, scope)).version == 0:
        night = SendingRules(quiet=(Window(start="22:00", end="08:00"),))
        await add_rules(session, scope, night, _ACTOR)


async def _message_types(session: Session) -> None:
    known = await type_queries.all_type_codes(session)
    for data in message_type_data():
        if data["code"] not in known:
            await _add_type(session, data)


async def add_confirmation(session: Session) -> None:
    """Add the type that answers an opt-out, when it is first wanted."""
    await lock(session, "seeds")
    data = _load(_DATA / "opt_out_confirmation.yaml")
    if await type_queries.find_message_type(session, data["code"]) is None:
        await _add_type(session, data)


async def _add_type(session: Session, data: dict[str, Any]) -> None:
    policy, templates = data.pop("policy"), data.pop("templates")
    draft = MessageTypeDraft.model_validate(data)
    await add_message_type(session, draft, _ACTOR)
    await add_policy(session, draft.code, PolicyChange.model_validate(policy), _ACTOR)
    for channel, content in templates.items():
        said = TemplateDraft.model_validate(content)
        await add_template(session, draft.code, Channel(channel), said, _ACTOR)


async def _clients(session: Session) -> tuple[NewClient, ...]:
    known = set(await clients.all_codes(session))
    drafts = map(ClientDraft.model_validate, _load(_DATA / "clients.yaml"))
    return tuple(
        [
            await add_client(session, draft, _ACTOR)
            for draft in drafts
            if draft.code not in known
        ]
    )
