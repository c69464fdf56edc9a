"""Standings and consents in both databases: kept, looked up, counted, taken back."""

from datetime import UTC, datetime, timedelta

from centre.audit import audit
from centre.reachability import consent_queries as consents
from centre.reachability import queries as standings
from centre.reachability.rules import FADE, AddressStatus
from centre.reachability.service import (
    StoreConsents,
    clear_standing,
    note_event,
    note_receipt,
)
from channels.receipts import Happening, PersonEvent, ProviderReceipt
from core.models import Address
from core.words import Channel, IdentityType, Outcome, State
from db.store import Store
from tests.support.stores.context import context_of
from tests.support.stores.rig import ACTOR

AT = datetime(2026, 11, 23, 8, tzinfo=UTC)
OPENID = Address(type=IdentityType.WECHAT_OPENID, value="o" * 28)
MINI = Address(type=IdentityType.WECHAT_MINI_OPENID, value="m" * 28)
PHONE = Address(type=IdentityType.MOBILE, value="+8613800138000")
KIND = "exam-booking"
PLAN = {Channel.WECHAT: OPENID, Channel.WECHAT_MINI: MINI, Channel.SMS: PHONE}


async def refuse(store: Store, channel: Channel, code: str, days: int = 0) -> None:
    async with store.sessions.begin() as session:
        at = AT + timedelta(days=days)
        await standings.note_refusal(session, channel, PLAN[channel], KIND, code, at)


async def known(store: Store, kind: str = KIND) -> dict[Channel, AddressStatus]:
    async with store.sessions() as session:
        return await standings.standings_of(session, PLAN, kind)


async def happen(store: Store, happening: Happening, channel: Channel) -> None:
    event = PersonEvent(
        channel=channel,
        address=PLAN[channel],
        happening=happening,
        template="T1",
        at=AT,
    )
    async with store.sessions.begin() as session:
        await note_event(session, event)


async def test_a_refusal_is_kept_for_its_address_and_channel(store: Store) -> None:
    await refuse(store, Channel.WECHAT, "43004")
    assert await known(store) == {
        Channel.WECHAT: AddressStatus(
            channel=Channel.WECHAT,
            state=State.UNFOLLOWED,
            since=AT,
            last_at=AT,
            code="43004",
        )
    }
    other = {Channel.WECHAT: Address(type=OPENID.type, value="x" * 28)}
    async with store.sessions() as session:
        assert not await standings.standings_of(session, other, KIND)
        assert not await standings.standings_of(session, {}, KIND)


async def test_the_medical_assistant_is_another_channel(store: Store) -> None:
    await refuse(store, Channel.WECHAT, "43004")
    async with store.sessions() as session:
        same = {Channel.WECHAT_MEDICAL: OPENID}
        assert not await standings.standings_of(session, same, KIND)


async def test_refusals_are_counted(store: Store) -> None:
    for days in (0, 3):
        await refuse(store, Channel.SMS, "isv.MOBILE_NUMBER_ILLEGAL", days)
    found = (await known(store))[Channel.SMS]
    assert (found.count, found.since) == (2, AT)
    assert found.last_at == AT + timedelta(days=3)


async def test_a_template_not_subscribed_to_is_of_its_type(store: Store) -> None:
    await refuse(store, Channel.WECHAT_MINI, "43101")
    assert (await known(store))[Channel.WECHAT_MINI].message_type == KIND
    assert not await known(store, "lab-report")


async def test_what_holds_for_the_type_comes_first(store: Store) -> None:
    await refuse(store, Channel.WECHAT_MINI, "43101")
    await refuse(store, Channel.WECHAT_MINI, "43019")
    assert (await known(store))[Channel.WECHAT_MINI].state is State.NEED_SUBSCRIBE
    other = await known(store, "lab-report")
    assert other[Channel.WECHAT_MINI].state is State.BLOCKED


async def test_a_subscribe_event_brings_a_person_back(store: Store) -> None:
    await refuse(store, Channel.WECHAT, "43004")
    await happen(store, Happening.FOLLOWED, Channel.WECHAT)
    assert (await known(store))[Channel.WECHAT].state is State.FOLLOWING
    await happen(store, Happening.UNFOLLOWED, Channel.WECHAT)
    assert (await known(store))[Channel.WECHAT].state is State.UNFOLLOWED


async def test_a_later_success_forgets(store: Store) -> None:
    await refuse(store, Channel.SMS, "INVALID_NUMBER")
    await happen(store, Happening.FOLLOWED, Channel.WECHAT)
    async with store.sessions.begin() as session:
        for channel, address in PLAN.items():
            await standings.note_reached(session, channel, address)
    assert set(await known(store)) == {Channel.WECHAT}


def receipt(outcome: Outcome, *, refused: bool = False) -> ProviderReceipt:
    return ProviderReceipt(
        channel=Channel.SMS,
        provider="aliyun",
        outcome=outcome,
        code="INVALID_NUMBER" if refused else "DELIVERED",
        refused=refused,
        at=AT,
    )


async def test_what_is_taken_may_still_not_arrive(store: Store) -> None:
    await refuse(store, Channel.SMS, "INVALID_NUMBER")
    await refuse(store, Channel.WECHAT, "43004")
    async with store.sessions.begin() as session:
        for channel, address in PLAN.items():
            await standings.note_reached(session, channel, address, arrived=False)
    # An SMS that was taken says nothing of the number; a follower is one at once.
    assert set(await known(store)) == {Channel.SMS}


async def test_receipts_count_as_refusals_do(store: Store) -> None:
    async with store.sessions.begin() as session:
        for _ in range(2):
            failed = receipt(Outcome.FAILED, refused=True)
            await note_receipt(session, failed, PHONE, KIND)
    assert (await known(store))[Channel.SMS].count == 2
    async with store.sessions.begin() as session:
        await note_receipt(session, receipt(Outcome.ACCEPTED), PHONE, KIND)
    assert await known(store)
    async with store.sessions.begin() as session:
        await note_receipt(session, receipt(Outcome.DELIVERED), PHONE, KIND)
    assert not await known(store)


async def test_an_operator_clears_and_the_log_says_so(store: Store) -> None:
    await refuse(store, Channel.WECHAT_MINI, "43101")
    ledger = StoreConsents(store, FADE)
    await ledger.refused(MINI, "T1")
    assert not await ledger.allows(MINI, "T1")
    await clear_standing(context_of(store), MINI, None, ACTOR)
    assert not await known(store)
    assert await ledger.allows(MINI, "T1")
    async with store.sessions() as session:
        wanted = audit.AuditFilter(action="clear-standing")
        [entry] = (await audit.list_audit(session, wanted)).items
    assert entry.action == "clear-standing"
    assert MINI.value not in str(entry)


async def left(store: Store) -> tuple[int, bool] | None:
    async with store.sessions() as session:
        found = await consents.consents_of(session, MINI.type, MINI.value)
    return (found[0].quota, found[0].unlimited) if found else None


async def test_the_ledger_counts_consents(store: Store) -> None:
    ledger = StoreConsents(store, FADE)
    # Nothing is known: the provider is asked, and a yes tells nothing of the rest.
    assert await ledger.allows(MINI, "T1")
    await ledger.used(MINI, "T1", once=True)
    assert await left(store) is None
    for count in (1, 2):
        await happen(store, Happening.CONSENTED, Channel.WECHAT_MINI)
        assert await left(store) == (count, False)
    for count in (1, 0, 0):
        await ledger.used(MINI, "T1", once=True)
        assert await left(store) == (count, False)
    assert not await ledger.allows(MINI, "T1")
    assert await ledger.allows(MINI, "T2")
    await happen(store, Happening.CONSENTED, Channel.WECHAT_MINI)
    assert await ledger.allows(MINI, "T1")


async def test_a_long_term_consent_is_not_used_up(store: Store) -> None:
    ledger = StoreConsents(store, FADE)
    await happen(store, Happening.CONSENTED, Channel.WECHAT_MINI)
    await ledger.used(MINI, "T1", once=False)
    assert await left(store) == (1, True)
    await happen(store, Happening.DECLINED, Channel.WECHAT_MINI)
    assert await left(store) == (0, False)
    assert not await ledger.allows(MINI, "T1")


async def test_a_consent_brings_back_what_43101_kept_back(store: Store) -> None:
    ledger = StoreConsents(store, FADE)
    await refuse(store, Channel.WECHAT_MINI, "43101")
    await ledger.refused(MINI, "T1")
    await happen(store, Happening.CONSENTED, Channel.WECHAT_MINI)
    assert not await known(store)
    assert await left(store) == (1, False)


async def test_an_empty_line_is_tried_again_after_a_time(store: Store) -> None:
    await StoreConsents(store, FADE).refused(MINI, "T1")
    assert await StoreConsents(store, timedelta(0)).allows(MINI, "T1")
