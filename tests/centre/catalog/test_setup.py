"""Provider accounts, clients' last use, versions of templates and who set them."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from centre.accounts import queries as accounts
from centre.accounts import writes as account_writes
from centre.accounts.models import AccountEntry
from centre.catalog import message_types, template_queries, templates
from centre.catalog.models import MessageTypeDraft, TemplateDraft
from centre.clients import queries, service
from centre.clients.authentication import note_use
from centre.clients.models import ClientChanges, ClientDraft
from core.clock import utc_now
from core.errors import NotFound
from core.words import Channel
from db.store import Store
from tests.support.stores.context import context_of
from tests.support.stores.rig import ACTOR
from tests.support.stores.within import within

SECRET = "marker-of-a-secret"


async def put(store: Store, code: str = "default", **values: object) -> None:
    async with store.sessions.begin() as session:
        entry = AccountEntry(
            channel=Channel.WECHAT,
            code=code,
            provider="wechat",
            weight=100,
            enabled=True,
            max_concurrent=None,
            per_second=None,
            values=values,
        )
        await account_writes.put_account(session, entry, ACTOR.who)


async def test_an_account_comes_back_whole_and_is_stored_sealed(store: Store) -> None:
    await put(store, appid="wx1", secret=SECRET)
    await put(store, appid="wx2", secret=SECRET)
    async with store.sessions() as session:
        (found,) = await accounts.stored_accounts(session)
        rows = (await session.exec(text("SELECT * FROM provider_accounts"))).all()  # type: ignore[call-overload]
    assert found.values == {"appid": "wx2", "secret": SECRET}
    assert found.set_by == ACTOR.who
    assert len(rows) == 1
    assert SECRET not in str(rows)
    assert "wx2" not in str(rows)
    assert SECRET not in repr(found)


@pytest.mark.parametrize("moved", ["channel = 'sms'", "code = 'second'"])
@pytest.mark.parametrize("code", ["default", "first"])
async def test_an_account_opens_in_no_other_row(
    store: Store, code: str, moved: str
) -> None:
    await put(store, code, appid="wx1", secret=SECRET)
    async with store.sessions.begin() as session:
        await session.exec(text(f"UPDATE provider_accounts SET {moved}"))  # type: ignore[call-overload]
    async with store.sessions() as session:
        with pytest.raises(Exception, match=r"^$"):  # InvalidTag says nothing
            await accounts.stored_accounts(session)


async def test_a_dropped_account_is_gone(store: Store) -> None:
    await put(store, appid="wx1", secret=SECRET)
    async with store.sessions.begin() as session:
        assert await account_writes.drop_account(session, Channel.WECHAT, "default")
    async with store.sessions() as session:
        assert await accounts.stored_accounts(session) == ()
        assert not await account_writes.drop_account(session, Channel.WECHAT, "default")


async def test_a_clients_use_is_noted_once_a_minute(store: Store) -> None:
    now = utc_now()
    async with store.sessions.begin() as session:
        await service.add_client(session, ClientDraft(code="his", name="H"), ACTOR)
    seen = []
    for after in (0, 30, 59, 61):
        at = now + timedelta(seconds=after)
        client = await service.client(context_of(store), "his")
        await note_use(context_of(store), client, at)
        client = await service.client(context_of(store), "his")
        seen.append(client.last_used_at)
    assert seen == [now, now, now, now + timedelta(seconds=61)]


async def test_who_may_send_a_type(store: Store) -> None:
    async with store.sessions.begin() as session:
        for code, types in (
            ("all", None),
            ("some", frozenset({"lab"})),
            ("other", frozenset({"x"})),
        ):
            draft = ClientDraft(code=code, name=code, message_types=types)
            await service.add_client(session, draft, ACTOR)
        off = ClientDraft(code="off", name="off")
        await service.add_client(session, off, ACTOR)
        changes = ClientChanges(enabled=False)
        await service.update_client(within(session), "off", changes, ACTOR)
    async with store.sessions() as session:
        senders = await queries.senders_of(session, "lab")
    assert [sender.code for sender in senders] == ["all", "some"]


async def say(store: Store, body: str) -> None:
    async with store.sessions.begin() as session:
        draft = TemplateDraft(body=body, fields={"name": "{{who}}"})
        await templates.add_template(session, "lab", Channel.SMS, draft, ACTOR)


async def test_versions_say_who_and_an_old_one_returns_as_a_new_one(
    store: Store,
) -> None:
    async with store.sessions.begin() as session:
        draft = MessageTypeDraft(code="lab", name="lab")
        await message_types.add_message_type(session, draft, ACTOR)
    await say(store, "first")
    await say(store, "second")
    async with store.sessions.begin() as session:
        again = await templates.restore_template(
            within(session),
            "lab",
            Channel.SMS,
            1,
            ACTOR.model_copy(update={"who": "eve"}),
        )
        with pytest.raises(NotFound):
            await templates.restore_template(
                within(session), "lab", Channel.SMS, 9, ACTOR
            )
    assert (again.version, again.body) == (3, "first")
    async with store.sessions() as session:
        found = await template_queries.template_versions(session, "lab", Channel.SMS)
    assert [v.template.body for v in found] == ["first", "second", "first"]
    assert [v.set_by for v in found] == ["eve", ACTOR.who, ACTOR.who]
    assert found[0].set_at >= found[-1].set_at
