"""WeCom's double: token, limits, members that can't be reached, duplicates."""

from datetime import timedelta

import pytest

from tests.support.sandbox.clock import Clock
from tests.support.sandbox.rig import SECRET, Rig, errcode, wecom, wecom_token

CARD = {"title": "标题", "description": "说明", "url": "https://hospital.example/1"}


@pytest.mark.parametrize(
    ("corpid", "corpsecret", "wanted"),
    [
        ("sandbox", SECRET, 0),
        ("", SECRET, 41002),
        ("sandbox", "", 41004),
        ("other", SECRET, 40013),
        ("sandbox", "wrong", 40001),
    ],
)
def test_a_token_is_for_the_app_only(
    sandbox: Rig, corpid: str, corpsecret: str, wanted: int
) -> None:
    query = {"corpid": corpid, "corpsecret": corpsecret}
    assert errcode(sandbox.http.get("/cgi-bin/gettoken", params=query)) == wanted
    assert sandbox.fetches()["wecom"] == (0 if wanted else 1)


def test_a_token_is_the_same_until_near_its_end(sandbox: Rig, clock: Clock) -> None:
    token = wecom_token(sandbox)
    assert wecom_token(sandbox) == token
    clock.now += timedelta(seconds=7200)
    assert errcode(wecom(sandbox, "u1", token)) == 42001
    assert errcode(wecom(sandbox, "u1", "made up")) == 40014
    assert errcode(wecom(sandbox, "u1", "")) == 41001
    assert wecom_token(sandbox) != token


def test_an_expired_token_has_a_fresh_successor(sandbox: Rig) -> None:
    old = wecom_token(sandbox)
    sandbox.rules({"channel": "wecom", "outcome": "expired_token", "times": 1})
    assert errcode(wecom(sandbox, "u1", old)) == 42001
    new = wecom_token(sandbox)
    assert new != old
    assert errcode(wecom(sandbox, "u1", new)) == 0


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"agentid": None}, 41011),
        ({"agentid": 1}, 40056),
        ({"agentid": True}, 40056),
        ({"agentid": "1000002"}, 0),
        ({"touser": ""}, 82001),
        ({"touser": " | "}, 82001),
        ({"touser": ["u1"]}, 40031),
        ({"touser": "|".join(f"u{n}" for n in range(1001))}, 40032),
        ({"touser": "|".join(f"u{n}" for n in range(1000))}, 0),
        ({"touser": "张三"}, 81013),
        ({"msgtype": "pigeon"}, 40008),
        ({"msgtype": None}, 40008),
        ({"textcard": "text"}, 44004),
        ({"textcard": {**CARD, "title": ""}}, 41016),
        ({"textcard": {**CARD, "description": None}}, 41033),
        ({"textcard": {**CARD, "url": " "}}, 41010),
        ({"textcard": {**CARD, "url": "ftp://a.example"}}, 40058),
        ({"textcard": {**CARD, "btntxt": "查看详情吧"}}, 40058),
        ({"textcard": {**CARD, "btntxt": "查看详情"}}, 0),
        ({"textcard": {**CARD, "title": "字" * 43}}, 45002),
        ({"textcard": {**CARD, "title": "字" * 42}}, 0),
        ({"textcard": {**CARD, "description": "d" * 513}}, 45002),
        ({"textcard": {**CARD, "url": "https://a.cn/" + "u" * 2048}}, 45002),
        ({"msgtype": "text", "text": {"content": "字" * 682}}, 0),
        ({"msgtype": "text", "text": {"content": "字" * 683}}, 45002),
        ({"msgtype": "text", "text": {"content": ""}}, 44004),
        ({"msgtype": "markdown", "markdown": {"content": "# 标题"}}, 0),
        ({"msgtype": "markdown", "markdown": {"content": "m" * 2049}}, 45002),
        ({"enable_duplicate_check": 1, "duplicate_check_interval": 14401}, 40058),
        ({"enable_duplicate_check": 1, "duplicate_check_interval": "1"}, 40058),
    ],
)
def test_every_field_is_checked(
    sandbox: Rig, changes: dict[str, object], wanted: int
) -> None:
    assert errcode(wecom(sandbox, "u1", fields=changes)) == wanted


def test_some_members_lost_is_still_success(sandbox: Rig) -> None:
    sandbox.rules(
        {"channel": "wecom", "recipient": "LiSi", "outcome": "invalid_recipient"},
        {"channel": "wecom", "recipient": "wangwu", "outcome": "unsubscribed"},
    )
    answer = wecom(sandbox, "zhangsan|lisi|WangWu|赵六").json()
    assert (answer["errcode"], answer["invaliduser"]) == (0, "lisi|wangwu|赵六")
    assert [m["recipient"] for m in sandbox.messages()] == ["zhangsan"]
    nobody = wecom(sandbox, "LiSi").json()
    assert (nobody["errcode"], nobody["invaliduser"]) == (81013, "lisi")
    assert wecom(sandbox, "WangWu").json()["errcode"] == 60111


def test_the_same_request_is_taken_once_while_its_interval_lasts(
    sandbox: Rig, clock: Clock
) -> None:
    check = {"enable_duplicate_check": 1, "duplicate_check_interval": 60}
    first = wecom(sandbox, "u1|u2", fields=check).json()
    again = wecom(sandbox, "u1|u2", fields=check).json()
    assert again["msgid"] == first["msgid"]
    assert [m["repeats"] for m in sandbox.messages()] == [1, 1]
    wecom(sandbox, "u1|u2", fields={**check, "textcard": {**CARD, "title": "别的"}})
    assert len(sandbox.messages()) == 4
    clock.now += timedelta(seconds=60)
    assert wecom(sandbox, "u1|u2", fields=check).json()["msgid"] != first["msgid"]


def test_without_the_check_the_same_request_is_taken_twice(sandbox: Rig) -> None:
    for _ in range(2):
        assert errcode(wecom(sandbox, "u1")) == 0
    assert [m["repeats"] for m in sandbox.messages()] == [0, 0]
