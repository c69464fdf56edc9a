"""A store with one message type, for tests of activities."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from centre.audit.audit import Actor
from centre.catalog import message_types, policies, templates
from centre.catalog.models import (
    MessageTypeChanges,
    MessageTypeDraft,
    PolicyChange,
    TemplateDraft,
)
from core.words import Channel
from db.store import Store, open_store
from tests.support.stores.files import migrated_file
from tests.support.stores.within import within
from tests.support.workflows.fakes import BOOKING
from tests.support.workflows.rig import KEYRING

ACTOR = Actor(who="test", role="system")
TYPE = "registration-success"


@asynccontextmanager
async def booking_store(folder: Path) -> AsyncIterator[Store]:
    """Open a new store that knows the booking notice."""
    store = open_store(await migrated_file(folder / "centre.db"), KEYRING)
    async with store.sessions.begin() as session:
        draft = MessageTypeDraft(code=TYPE, name="挂号成功提醒")
        await message_types.add_message_type(session, draft, ACTOR)
        await policies.add_policy(session, TYPE, PolicyChange.of(BOOKING), ACTOR)
        say = TemplateDraft(title="挂号成功", body="{{name}}，请按时就诊")
        for channel in (Channel.SMS, Channel.WECHAT, Channel.WECOM):
            await templates.add_template(session, TYPE, channel, say, ACTOR)
    yield store
    await store.close()


async def name_digest(store: Store, body: str = "您有{{count}}条{{type_name}}") -> None:
    """Give the booking notice a type that tells of several of them."""
    async with store.sessions.begin() as session:
        draft = MessageTypeDraft(code="held", name="汇总")
        await message_types.add_message_type(session, draft, ACTOR)
        say = TemplateDraft(title="汇总", body=body)
        for channel in (Channel.SMS, Channel.WECHAT, Channel.WECOM):
            await templates.add_template(session, "held", channel, say, ACTOR)
        changes = MessageTypeChanges(digest="held")
        await message_types.update_message_type(within(session), TYPE, changes, ACTOR)
