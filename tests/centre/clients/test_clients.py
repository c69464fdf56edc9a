"""Client systems: secrets, rotation, revocation, what ends their tokens."""

import base64
from datetime import timedelta
from typing import Any

import pytest

from centre.audit import audit
from centre.audit.audit import AuditFilter
from centre.clients import queries, secret_queries, secrets, service
from centre.clients.checks import Callback
from centre.clients.models import Client, ClientChanges, ClientDraft, NewClient
from core.errors import Conflict, Invalid, NotFound
from core.words import USUAL_SCOPES, Scope
from db.store import Store
from tests.support.stores.rig import ACTOR
from tests.support.stores.within import within

CALLBACK = Callback(url="http://10.1.2.3:8080/hook", allow=("10.0.0.0/8:8080",))


async def create(store: Store, code: str = "his", **facts: Any) -> NewClient:
    draft = ClientDraft.model_validate({"code": code, "name": "HIS", **facts})
    async with store.sessions.begin() as session:
        return await service.add_client(session, draft, ACTOR)


async def change(store: Store, **facts: Any) -> Client:
    changes = ClientChanges.model_validate(facts)
    async with store.sessions.begin() as session:
        return await service.update_client(within(session), "his", changes, ACTOR)


async def who(store: Store, appkey: str, appsecret: str) -> str | None:
    async with store.sessions() as session:
        client = await queries.authenticate(session, appkey, appsecret)
    return client.code if client else None


async def test_a_new_client_may_do_what_is_usual(store: Store) -> None:
    new = await create(store)
    async with store.sessions() as session:
        assert await queries.find_client(session, "his") == new.client
    assert new.client.scopes == USUAL_SCOPES
    assert new.client.message_types is None
    assert new.callback_secret is None
    assert new.client.appkey == new.appkey


async def test_limits_come_back_as_given(store: Store) -> None:
    new = await create(
        store,
        scopes=["messages:send"],
        message_types=["lab-report", "critical-value"],
        cidrs=["10.20.0.0/16", "::1"],
        rate_per_minute=600,
        callback=CALLBACK,
    )
    client = new.client
    assert client.scopes == {Scope.MESSAGES_SEND}
    assert client.message_types == frozenset({"lab-report", "critical-value"})
    assert (client.cidrs, client.rate_per_minute) == (("10.20.0.0/16", "::1"), 600)
    assert client.callback == CALLBACK


async def test_only_its_own_secret_opens(store: Store) -> None:
    new, other = await create(store), await create(store, "lis")
    assert await who(store, new.appkey, new.appsecret) == "his"
    assert await who(store, new.appkey, other.appsecret) is None
    assert await who(store, new.appkey, "") is None
    assert await who(store, "unknown", new.appsecret) is None
    assert await who(store, new.appkey, new.appsecret + "\ud800") is None


async def test_a_code_is_taken_once(store: Store) -> None:
    await create(store)
    with pytest.raises(Conflict):
        await create(store)


async def test_a_rotated_secret_works_beside_the_old_one(store: Store) -> None:
    new = await create(store)
    async with store.sessions.begin() as session:
        second = await secrets.rotate_secret(
            within(session), "his", ACTOR, timedelta(hours=1)
        )
    assert await who(store, new.appkey, new.appsecret) == "his"
    assert await who(store, second.appkey, second.appsecret) == "his"


async def test_after_the_overlap_only_the_new_one_works(store: Store) -> None:
    new = await create(store)
    async with store.sessions.begin() as session:
        second = await secrets.rotate_secret(
            within(session), "his", ACTOR, timedelta(0)
        )
        infos = await secret_queries.secrets_of(session, "his")
    assert await who(store, new.appkey, new.appsecret) is None
    assert await who(store, second.appkey, second.appsecret) == "his"
    assert [info.expires_at for info in infos] == [second.old_expire_at, None]


async def test_a_later_rotation_never_prolongs_a_secret(store: Store) -> None:
    await create(store)
    for hours in (1, 48):
        async with store.sessions.begin() as session:
            overlap = timedelta(hours=hours)
            latest = await secrets.rotate_secret(within(session), "his", ACTOR, overlap)
    async with store.sessions() as session:
        first, second, third = await secret_queries.secrets_of(session, "his")
    assert first.expires_at is not None
    assert second.expires_at == latest.old_expire_at
    assert first.expires_at < latest.old_expire_at - timedelta(hours=46)
    assert third.expires_at is None


async def test_revoking_ends_a_secret_and_every_token(store: Store) -> None:
    new = await create(store)
    async with store.sessions.begin() as session:
        (secret,) = await secret_queries.secrets_of(session, "his")
        await secrets.revoke_secret(within(session), "his", secret.id, ACTOR)
    async with store.sessions() as session:
        client = await queries.find_client(session, "his")
    assert client is not None
    assert client.epoch == new.client.epoch + 1
    assert await who(store, new.appkey, new.appsecret) is None


async def test_another_clients_secret_is_not_found(store: Store) -> None:
    await create(store)
    await create(store, "lis")
    async with store.sessions() as session:
        (secret,) = await secret_queries.secrets_of(session, "lis")
        with pytest.raises(NotFound):
            await secrets.revoke_secret(within(session), "his", secret.id, ACTOR)


async def test_a_disabled_client_is_out(store: Store) -> None:
    new = await create(store, callback=CALLBACK)
    await create(store, "lis")
    changed = await change(store, enabled=False)
    assert changed.epoch == 2
    assert await who(store, new.appkey, new.appsecret) is None
    async with store.sessions() as session:
        assert await queries.enabled_codes(session) == ["lis"]
        assert sorted(await queries.all_codes(session)) == ["his", "lis"]
        assert await queries.callback_of(session, "his") is None
    assert (await change(store, enabled=True)).epoch == 2
    assert await who(store, new.appkey, new.appsecret) == "his"


async def test_changes_leave_the_rest_as_it_was(store: Store) -> None:
    new = await create(store, cidrs=["10.0.0.0/8"], message_types=["lab-report"])
    changed = await change(store, name="新名称")
    assert changed == new.client.model_copy(update={"name": "新名称"})
    assert (await change(store, message_types=None)).message_types is None
    fewer = await change(store, scopes=["messages:read"])
    assert (fewer.scopes, fewer.epoch) == (frozenset({Scope.MESSAGES_READ}), 2)


async def test_a_callback_gets_a_secret_of_its_own(store: Store) -> None:
    new = await create(store, callback=CALLBACK)
    assert new.callback_secret is not None
    assert len(base64.b64decode(new.callback_secret.removeprefix("whsec_"))) == 32
    async with store.sessions.begin() as session:
        assert await queries.callback_of(session, "his") == (
            CALLBACK,
            new.callback_secret,
        )
        rotated = await service.rotate_callback_secret(within(session), "his", ACTOR)
        assert await queries.callback_of(session, "his") == (CALLBACK, rotated)
    assert rotated != new.callback_secret
    await change(store, callback=None)
    async with store.sessions() as session:
        assert await queries.callback_of(session, "his") is None


@pytest.mark.parametrize(
    ("facts", "pointer"),
    [
        ({"cidrs": ["10.0.0.0/8", "ward 7"]}, "/cidrs/1"),
        ({"callback": {"url": "http://10.1.2.3/hook"}}, "/callback/url"),
        (
            {"callback": {"url": "ftp://his/hook", "allow": ["his"]}},
            "/callback/url",
        ),
        (
            {"callback": {"url": "http://his/hook", "allow": ["his", "a b"]}},
            "/callback/allow/1",
        ),
        (
            {"callback": {"url": "http://his:81/hook", "allow": ["his:80"]}},
            "/callback/url",
        ),
    ],
)
async def test_what_is_wrong_is_named(
    store: Store, facts: dict[str, Any], pointer: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await create(store, **facts)
    assert [field_error.pointer for field_error in refused.value.errors] == [pointer]
    await create(store)
    with pytest.raises(Invalid):
        await change(store, **facts)


async def test_clients_are_listed_in_pages(store: Store) -> None:
    for code in ("c", "a", "b"):
        await create(store, code)
    async with store.sessions() as session:
        first = await queries.list_clients(session, None, 2)
        second = await queries.list_clients(session, first.next, 2)
    assert [c.code for c in (*first.items, *second.items)] == ["a", "b", "c"]
    assert second.next is None


async def test_no_secret_reaches_the_audit_log(store: Store) -> None:
    new = await create(store, callback=CALLBACK)
    await change(store, name="b")
    async with store.sessions.begin() as session:
        second = await secrets.rotate_secret(
            within(session), "his", ACTOR, timedelta(0)
        )
        page = await audit.list_audit(session, AuditFilter(target="clients/his"))
        shown = page.model_dump_json()
    for secret in (new.appsecret, new.callback_secret, second.appsecret, new.appkey):
        assert secret is not None
        assert secret not in shown
    assert "appsecret" not in repr(new)
