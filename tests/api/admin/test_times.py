"""Sending times and holidays by the admin API, and people's lines of holidays."""

from datetime import date

import pytest

from centre.schedule.holidays import read_holidays
from centre.schedule.rules import Holiday
from core.errors import Invalid
from core.words import Role
from tests.support.api.rig import Rig, problem

ADMIN = "/v1/admin"
NIGHT = {"quiet": [{"start": "22:00", "end": "08:00"}]}


async def test_rules_are_versions_of_a_scope_and_audited(rig: Rig) -> None:
    admin = await rig.person(Role.ADMIN)
    for path in (
        "/sending-times",
        "/message-types/exam-booking/sending-times",
        "/type-classes/marketing/sending-times",
        "/channels/sms/sending-times",
    ):
        address = f"{ADMIN}{path}"
        first = await rig.http.get(address, headers=admin)
        assert first.json()["version"] == 0, path
        answer = await rig.http.put(address, json=NIGHT, headers=admin)
        assert answer.status_code == 200, path
        after = (await rig.http.get(address, headers=admin)).json()
        assert after["version"] == 1
        assert after["rules"]["then"] == "defer"
        assert after["rules"]["quiet"][0]["days"] == [1, 2, 3, 4, 5, 6, 7]
        logged = await rig.http.get(
            f"{ADMIN}/audit",
            params={"target": f"sending-times/{after['scope']}"},
            headers=admin,
        )
        assert len(logged.json()["items"]) == 1
        again = await rig.http.put(address, json=NIGHT, headers=admin)
        assert (again.status_code, again.json()) == (200, after), path
    versions = await rig.http.get(
        f"{ADMIN}/message-types/exam-booking/sending-times/versions", headers=admin
    )
    assert [v["version"] for v in versions.json()["items"]] == [1]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/sending-times", {"quiet": [{"start": "00:00", "end": "00:00"}]}),
        ("/sending-times", {"quiet": [{"start": "24:00", "end": "08:00"}]}),
        (
            "/sending-times",
            {"windows": [{"days": [8], "start": "1:00", "end": "2:00"}]},
        ),
        ("/sending-times", {"caps": [{"most": 0, "hours": 1}]}),
        ("/channels/sms/sending-times", {"caps": [{"most": 1, "hours": 1}]}),
        ("/holidays", {"items": [{"day": "2026-02-30"}]}),
        ("/holidays", {"items": [{"day": 0}]}),
        ("/holidays", {"items": [{"day": "1790812800"}]}),
        ("/holidays/2026-10-01", {"counts_as": 0}),
    ],
)
async def test_what_makes_no_sense_is_refused(
    rig: Rig, path: str, body: dict[str, object]
) -> None:
    admin = await rig.person(Role.ADMIN)
    problem(await rig.http.put(f"{ADMIN}{path}", json=body, headers=admin), 422)


async def test_rules_of_what_there_is_not(rig: Rig) -> None:
    admin = await rig.person(Role.ADMIN)
    for path in (
        "/message-types/nothing/sending-times",
        "/holidays/2030-01-01",
        "/holidays/0",
    ):
        method = "DELETE" if "holidays" in path else "GET"
        answer = await rig.http.request(method, f"{ADMIN}{path}", headers=admin)
        problem(answer, 404)


async def test_holidays_come_and_go(rig: Rig) -> None:
    admin = await rig.person(Role.ADMIN)
    items = [{"day": "2026-10-10", "counts_as": 1}, {"day": "2026-10-01"}]
    wanted = {"items": items}
    await rig.http.put(f"{ADMIN}/holidays", json=wanted, headers=admin)
    one = {"name": "国庆节"}
    await rig.http.put(f"{ADMIN}/holidays/2026-10-01", json=one, headers=admin)
    listed = (await rig.http.get(f"{ADMIN}/holidays", headers=admin)).json()["items"]
    assert listed == [
        {"day": "2026-10-01", "name": "国庆节", "counts_as": 7},
        {"day": "2026-10-10", "name": "", "counts_as": 1},
    ]
    gone = await rig.http.delete(f"{ADMIN}/holidays/2026-10-01", headers=admin)
    assert gone.status_code == 204


async def test_a_type_has_a_class_and_people_opt_out_of_it(rig: Rig) -> None:
    admin = await rig.person(Role.ADMIN)
    kind = f"{ADMIN}/message-types/exam-booking"
    changed = await rig.http.patch(
        kind, json={"type_class": "appointment"}, headers=admin
    )
    assert changed.json()["type_class"] == "appointment"
    person = f"{ADMIN}/preferences/mobile/13800138000"
    wanted = {"type_class": "appointment"}
    for _ in range(2):
        answer = await rig.http.put(person, json=wanted, headers=admin)
        assert answer.json()["type_class"] == "appointment"
        assert answer.json()["message_type"] is None
    both = wanted | {"message_type": "exam-booking"}
    problem(await rig.http.put(person, json=both, headers=admin), 422)
    # However it is written, it is the same phone.
    same = f"{ADMIN}/preferences/mobile/+86 138 0013 8000"
    listed = (await rig.http.get(same, headers=admin)).json()["items"]
    assert [one["type_class"] for one in listed] == ["appointment"]
    await rig.http.delete(same, params=wanted, headers=admin)
    assert (await rig.http.get(person, headers=admin)).json()["items"] == []


async def test_a_limit_of_no_known_name_is_refused(rig: Rig) -> None:
    admin = await rig.person(Role.ADMIN)
    body = {"limits": {"per_fortnight": 3}}
    answer = await rig.http.patch(f"{ADMIN}/channels/sms", json=body, headers=admin)
    assert problem(answer, 422)["errors"][0]["pointer"] == "/limits/per_fortnight"


def test_holidays_are_read_a_line_each() -> None:
    assert read_holidays('2026-10-01,"国庆, 第一天"\n2026-10-10,,1') == (
        Holiday(day=date(2026, 10, 1), name="国庆, 第一天"),
        Holiday(day=date(2026, 10, 10), counts_as=1),
    )


@pytest.mark.parametrize("line", ["2026-02-30", "2026-10-01,x,9", "1/x"])
def test_a_line_that_is_no_holiday(line: str) -> None:
    with pytest.raises(Invalid):
        read_holidays(line)
