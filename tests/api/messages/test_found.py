"""`GET /v1/messages?recipient=`: all messages of whoever has a number."""

from datetime import UTC, datetime
from uuid import UUID

from centre.messages.catch_up_queries import OWNERS
from centre.messages.settling import settle_part
from centre.messages.tables import CatchUpRow
from core.words import Role
from deploy.doctor import CHECKS
from tests.support.api.administrator import Desk
from tests.support.api.rig import Headers, Rig, problem

MOBILE = "19900000003"
KNOWN = {"mobile": MOBILE, "patient_id": "P3", "id_card": "11010519491231002X"}
SPELT = {
    "empi_id": ["EMPI3", " EMPI3"],
    "patient_id": ["P3"],
    "id_card": ["11010519491231002X", "11010519491231002x", "110105 19491231 002x"],
    "mobile": [
        MOBILE,
        "+86 199 0000 0003",
        "+86-199-0000-0003",
        "１９９００００００03",
    ],
}


async def sent(rig: Rig, headers: Headers, **identities: str) -> str:
    message_id: UUID = await rig.sent(headers, recipient={"identities": identities})
    await rig.record(message_id)
    return str(message_id)


async def found(rig: Rig, headers: Headers, recipient: str, **more: str) -> set[str]:
    query = {"recipient": recipient, **more}
    answer = await rig.http.get("/v1/messages", params=query, headers=headers)
    assert answer.status_code == 200, answer.text
    return {item["id"] for item in answer.json()["items"]}


async def test_any_number_however_spelt_finds_what_went_to_any_other(rig: Rig) -> None:
    desk = Desk(rig, await rig.person(Role.ADMIN))
    await desk.done("PUT", "/patients/EMPI3", {"name": "王芳", "identities": KNOWN})
    his = await rig.client("his")
    every = {
        await sent(rig, his, **{kind: spelt})
        for kind, values in SPELT.items()
        for spelt in values[:1]
    }
    for kind, values in SPELT.items():
        for spelt in values:
            assert await found(rig, his, f"{kind}:{spelt}") == every, (kind, spelt)
    for value in ("EMPI3", "P3", "11010519491231002x", "+86 199 0000 0003"):
        assert await found(rig, his, value) == every, value
    assert await found(rig, his, "mobile:13800138000") == set()


async def test_a_client_finds_its_own_messages_alone(rig: Rig) -> None:
    desk = Desk(rig, await rig.person(Role.ADMIN))
    await desk.done("PUT", "/patients/EMPI3", {"name": "王芳", "identities": KNOWN})
    his, lis = await rig.client("his"), await rig.client("lis")
    mine, other = (
        await sent(rig, his, mobile=MOBILE),
        await sent(rig, lis, empi_id="EMPI3"),
    )
    assert await found(rig, his, "id_card:11010519491231002X") == {mine}
    assert await found(rig, lis, f"mobile:{MOBILE}") == {other}
    assert await found(rig, his, f"mobile:{MOBILE}", client="lis") == set()
    admin = await rig.person(Role.ADMIN)
    assert await found(rig, admin, f"mobile:{MOBILE}") == {mine, other}
    assert await found(rig, admin, f"mobile:{MOBILE}", client="lis") == {other}


async def test_pages_of_a_person_hold_each_message_once(rig: Rig) -> None:
    desk = Desk(rig, await rig.person(Role.ADMIN))
    await desk.done("PUT", "/patients/EMPI3", {"name": "王芳", "identities": KNOWN})
    his = await rig.client("his")
    ids = [await sent(rig, his, **one) for one in ({"mobile": MOBILE}, KNOWN) * 3]
    listed: list[str] = []
    query = {"recipient": "patient_id:P3", "limit": "2"}
    while True:
        answer = await rig.http.get("/v1/messages", params=query, headers=his)
        listed += [item["id"] for item in answer.json()["items"]]
        if answer.json()["next"] is None:
            break
        query["cursor"] = answer.json()["next"]
    assert listed == ids[::-1]


async def test_a_persons_search_is_kept_and_the_number_is_not(rig: Rig) -> None:
    desk = Desk(rig, await rig.person(Role.ADMIN))
    put = {"name": "王芳", "identities": KNOWN}
    entry = (await desk.done("PUT", "/patients/EMPI3", put))["id"]
    auditor, his = await rig.person(Role.AUDITOR), await rig.client("his")
    for number in range(3):
        await sent(rig, his, mobile=MOBILE, patient_id=f"other-{number}")
    await found(rig, his, f"mobile:{MOBILE}")
    await found(rig, auditor, f"mobile:{MOBILE}")
    await found(rig, auditor, "13800138000")
    refused = {"recipient": "mobile:12", "limit": "1"}
    problem(await rig.http.get("/v1/messages", params=refused, headers=auditor), 422)
    query = {"recipient": f"mobile:{MOBILE}", "limit": "1"}
    first = await rig.http.get("/v1/messages", params=query, headers=auditor)
    following = query | {"cursor": first.json()["next"]}
    await rig.http.get("/v1/messages", params=following, headers=auditor)
    log = (await desk.ask("GET", "/audit", None, action="search")).json()
    kept = [(row["actor"]["who"], row["target"], row["after"]) for row in log["items"]]
    one = {"identity_type": "mobile", "people": [entry]}
    none: dict[str, object] = {"identity_type": None, "people": []}
    assert kept == [("auditor", "messages", after) for after in (one, none, one)]
    assert MOBILE not in str(log)


async def test_how_far_the_work_on_old_messages_is_can_be_seen(rig: Rig) -> None:
    figure = "hmc_settling_messages{"
    assert figure not in (await rig.http.get("/metrics")).text
    at = datetime(2026, 3, 1, tzinfo=UTC)
    async with rig.context.store.sessions.begin() as session:
        session.add(CatchUpRow(name=OWNERS, done=1200, at=at, id=UUID(int=0)))
    (line,) = [
        line
        for line in (await rig.http.get("/metrics")).text.splitlines()
        if line.startswith(figure)
    ]
    assert line.endswith(" 1200.0")
    told = await CHECKS["store"](rig.context.settings)
    assert told.endswith("of the old messages 1200 are settled, back to 2026-03-01")
    assert not await settle_part(rig.context.store)
    assert figure not in (await rig.http.get("/metrics")).text
    assert "settled" not in await CHECKS["store"](rig.context.settings)
