"""`GET /v1/messages`: filters and pages."""

from core.words import Role, Status
from tests.support.api.rig import Rig, problem


async def test_a_list_pages_and_filters(rig: Rig) -> None:
    his, lis = await rig.client("his"), await rig.client("lis")
    ids = [await rig.sent(his, reference=f"R-{n}") for n in range(5)]
    ids.append(await rig.sent(lis))
    rig.flows.stand(ids[1], Status.DELIVERING)
    for message_id in ids:
        await rig.record(message_id)

    async def listed(headers: dict[str, str], **query: str) -> list[str]:
        answer = await rig.http.get("/v1/messages", params=query, headers=headers)
        assert answer.status_code == 200, answer.text
        return [item["id"] for item in answer.json()["items"]]

    mine = [str(i) for i in reversed(ids[:5])]
    assert await listed(his) == mine
    assert await listed(his, status="delivering") == [str(ids[1])]
    assert await listed(his, reference="R-3") == [str(ids[3])]
    assert await listed(his, type="other") == []
    assert await listed(his, recipient="mobile:+86 138 0013 8000") == mine
    assert await listed(his, recipient="13800138000") == mine
    assert await listed(his, recipient="13900139000") == []
    assert await listed(his, **{"from": "2099-01-01T00:00:00+08:00"}) == []
    assert await listed(his, to="2099-01-01T00:00:00Z") == mine
    assert await listed(his, client="lis") == []
    admin = await rig.person(Role.ADMIN)
    assert len(await listed(admin)) == 6
    assert await listed(admin, client="lis") == [str(ids[5])]
    assert await pages(rig, his) == mine


async def pages(rig: Rig, headers: dict[str, str]) -> list[str]:
    """Return the ids of every page of two."""
    found: list[str] = []
    query = {"limit": "2"}
    while True:
        answer = await rig.http.get("/v1/messages", params=query, headers=headers)
        document = answer.json()
        found += [item["id"] for item in document["items"]]
        if document["next"] is None:
            return found
        query["cursor"] = document["next"]


NONSENSE = [
    "limit=0",
    "limit=201",
    "limit=-1",
    "limit=x",
    "limit=99999999999999999999",
    "cursor=x",
    "cursor=W10",
    "status=gone",
    "from=yesterday",
    "from=0001-01-01T00:00:00%2B14:00",
    "to=9999-12-31T23:59:59-14:00",
    "recipient=mobile:12",
    "colour=red",
    "type=A%20B",
]


async def test_a_query_that_makes_no_sense_is_refused(rig: Rig) -> None:
    his = await rig.client("his")
    for query in NONSENSE:
        problem(await rig.http.get(f"/v1/messages?{query}", headers=his), 422)


async def test_a_time_whose_plus_became_a_space_is_understood(rig: Rig) -> None:
    his = await rig.client("his")
    query = "from=2026-01-01T00:00:00+08:00"
    assert (await rig.http.get(f"/v1/messages?{query}", headers=his)).is_success
