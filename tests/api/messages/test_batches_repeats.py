"""A batch that names somebody twice says so, and sends once where that is asked for."""

import pytest

from centre.batches import queries as batches
from core.words import Role
from tests.support.api.batches import batch, post, recipient
from tests.support.api.rig import Headers, Rig, problem


@pytest.fixture
async def his(rig: Rig) -> Headers:
    return await rig.client("his")


def spelt(mobile: str) -> dict[str, object]:
    return recipient(0, identities={"mobile": mobile})


SAME = [
    spelt("13800138000"),
    spelt("13900139000"),
    spelt("+86 138-0013-8000"),
    spelt("\u202d13800138000\u202c"),
]


async def test_somebody_named_again_is_told(rig: Rig, his: Headers) -> None:
    told = (await post(rig, his, batch(0, recipients=SAME))).json()
    assert told["count"] == 4
    assert told["duplicate_count"] == 2
    assert told["duplicates"] == [
        {"recipient": 2, "same_as": 0},
        {"recipient": 3, "same_as": 0},
    ]


async def test_nobody_named_again(rig: Rig, his: Headers) -> None:
    told = (await post(rig, his, batch(3))).json()
    assert (told["duplicate_count"], told["duplicates"]) == (0, [])


async def test_once_each(rig: Rig, his: Headers) -> None:
    told = (await post(rig, his, batch(0, recipients=SAME, once_each=True))).json()
    assert (told["count"], told["duplicate_count"]) == (2, 2)
    async with rig.context.store.sessions() as session:
        (batch_id,) = rig.flows.batches
        waiting = await batches.waiting(session, batch_id, 0, 10)
    assert [w.addressed.recipient.identities["mobile"] for w in waiting] == [  # type: ignore[index]
        "+8613800138000",
        "+8613900139000",
    ]


async def test_two_numbers_of_one_patient(rig: Rig, his: Headers) -> None:
    admin = await rig.person(Role.ADMIN)
    known = {
        "name": "张三",
        "identities": {"patient_id": "P77", "mobile": "13700000001"},
    }
    put = await rig.http.put("/v1/admin/patients/E77", json=known, headers=admin)
    assert put.status_code == 200, put.text
    people = [
        recipient(0, identities=one)
        for one in (
            {"empi_id": "E77"},
            {"patient_id": "P77"},
            {"mobile": "13700000001"},
        )
    ]
    told = (await post(rig, his, batch(0, recipients=people))).json()
    assert [d["same_as"] for d in told["duplicates"]] == [0, 0]


async def test_the_same_key_gives_the_same_answer(rig: Rig, his: Headers) -> None:
    body = batch(0, recipients=SAME)
    first, again = [await post(rig, his, body, "k") for _ in range(2)]
    assert again.headers["idempotent-replayed"] == "true"
    assert again.json() == first.json()
    problem(await post(rig, his, body | {"once_each": True}, "k"), 422)
