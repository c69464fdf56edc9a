"""WeChat's double: its tokens, typed fields and duplicate key."""

from datetime import timedelta

import pytest

from sandbox.weixin.fields import wrong_field
from tests.support.sandbox.clock import Clock
from tests.support.sandbox.rig import SECRET, Rig, errcode, wechat, wechat_token

SEND = "/cgi-bin/message/template/send"


def test_the_stable_token_stays_the_same(sandbox: Rig) -> None:
    tokens = {wechat_token(sandbox) for _ in range(3)}
    assert len(tokens) == 1
    fetched = sandbox.fetches()
    assert (fetched["wechat"], fetched["wecom"]) == (3, 0)
    assert errcode(wechat(sandbox, "oA", tokens.pop())) == 0


def test_a_forced_refresh_kills_the_stable_token(sandbox: Rig, clock: Clock) -> None:
    old = wechat_token(sandbox)
    new = wechat_token(sandbox, force_refresh=True)
    assert new != old
    assert errcode(wechat(sandbox, "oA", old)) == 40001
    assert errcode(wechat(sandbox, "oA", new)) == 0
    assert wechat_token(sandbox, force_refresh=True) == new
    clock.now += timedelta(seconds=30)
    assert wechat_token(sandbox, force_refresh=True) != new


def test_forced_refreshes_are_counted_by_the_day(sandbox: Rig, clock: Clock) -> None:
    wechat_token(sandbox)
    body = {"grant_type": "client_credential", "appid": "sandbox", "secret": SECRET}
    for _ in range(20):
        assert wechat_token(sandbox, force_refresh=True)
        clock.now += timedelta(seconds=30)
    forced = {**body, "force_refresh": True}
    assert errcode(sandbox.http.post("/cgi-bin/stable_token", json=forced)) == 45009


def test_the_classic_token_kills_the_one_before_and_no_stable_one(sandbox: Rig) -> None:
    query = {"grant_type": "client_credential", "appid": "sandbox", "secret": SECRET}

    def classic() -> str:
        answer = sandbox.http.get("/cgi-bin/token", params=query).json()
        assert answer["expires_in"] == 7200
        token: str = answer["access_token"]
        return token

    stable, old, new = wechat_token(sandbox), classic(), classic()
    codes = [errcode(wechat(sandbox, "oA", t)) for t in (stable, old, new)]
    assert codes == [0, 40001, 0]


def test_a_token_ends(sandbox: Rig, clock: Clock) -> None:
    token = wechat_token(sandbox)
    clock.now += timedelta(seconds=7200)
    assert errcode(wechat(sandbox, "oA", token)) == 42001
    assert errcode(wechat(sandbox, "oA", "made up")) == 40001
    assert errcode(wechat(sandbox, "oA", "")) == 41001


def test_a_token_that_a_rule_expired_is_followed_by_a_fresh_one(sandbox: Rig) -> None:
    old = wechat_token(sandbox)
    sandbox.rules({"channel": "wechat", "outcome": "expired_token", "times": 2})
    assert [errcode(wechat(sandbox, "oA", old)) for _ in range(2)] == [42001, 42001]
    new = wechat_token(sandbox)
    assert new != old
    assert wechat_token(sandbox) == new
    assert errcode(wechat(sandbox, "oA", new)) == 0


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"grant_type": "password"}, 40002),
        ({"appid": ""}, 41002),
        ({"secret": None}, 41004),
        ({"appid": "wx0"}, 40013),
        ({"secret": "wrong"}, 40125),
    ],
)
def test_a_token_is_for_the_account_only(
    sandbox: Rig, changes: dict[str, object], wanted: int
) -> None:
    body = {"grant_type": "client_credential", "appid": "sandbox", "secret": SECRET}
    answer = sandbox.http.post("/cgi-bin/stable_token", json={**body, **changes})
    assert errcode(answer) == wanted
    assert sandbox.fetches()["wechat"] == 0


@pytest.mark.parametrize(
    ("changes", "wanted", "named"),
    [
        ({"touser": "张三"}, 40003, "openid"),
        ({"touser": None}, 40003, "openid"),
        ({"template_id": ""}, 40037, "template_id"),
        ({"template_id": 7}, 40037, "template_id"),
        ({"data": {}}, 47003, "data"),
        ({"data": {"thing1": "text"}}, 47003, "data.thing1.value"),
        ({"data": {"thing1": {"value": "字" * 21}}}, 47003, "data.thing1.value"),
        (
            {"data": {"thing1": {"value": "ok"}, "first": {"value": "x"}}},
            47003,
            "data.first.value",
        ),
    ],
)
def test_every_field_is_checked_and_named(
    sandbox: Rig, changes: dict[str, object], wanted: int, named: str
) -> None:
    answer = wechat(sandbox, "oA", fields=changes)
    assert errcode(answer) == wanted
    assert named in answer.json()["errmsg"]
    assert sandbox.messages() == []


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b'{"a":' * 9000])
def test_a_body_that_is_no_json_object(sandbox: Rig, body: bytes) -> None:
    query = {"access_token": wechat_token(sandbox)}
    assert errcode(sandbox.http.post(SEND, params=query, content=body)) == 47001


def test_a_body_too_large_is_refused(sandbox: Rig) -> None:
    query = {"access_token": wechat_token(sandbox)}
    answer = sandbox.http.post(SEND, params=query, content=b" " * (1 << 21))
    assert answer.status_code == 413


def test_escapes_and_lone_surrogates_do_no_harm(sandbox: Rig) -> None:
    query = {"access_token": wechat_token(sandbox)}
    body = (
        b'{"touser":"oA","template_id":"T",'
        b'"data":{"thing1":{"value":"\\u5f20\\u4e09\\ud800"}}}'
    )
    answer = sandbox.http.post(SEND, params=query, content=body)
    assert errcode(answer) == 0
    [item] = sandbox.messages()
    assert "张三?" in str(item["request"])


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("thing1", "字" * 20, "字" * 21),
        ("thing12", "a", ""),
        ("const1", "上午", "字" * 21),
        ("character_string1", "A-01 #7", "编号"),
        ("character_string2", "1" * 32, "1" * 33),
        ("number1", "36.5", "三"),
        ("letter1", "AB", "A1"),
        ("symbol1", "+", "+a"),
        ("amount1", "¥12.50", "很多"),
        ("phone_number1", "025-12345678", "1" * 18),
        ("car_number1", "苏A12345", "苏A1234567"),
        ("name1", "欧阳娜娜", "字" * 11),
        ("name2", "O'Brien", "O" * 21),
        ("name3", "张A", "张3"),
        ("phrase1", "已完成", "已经全部完成"),
        ("time1", "2026-11-23 08:00", "明天早上"),
        ("time2", "2026年11月23日 08:00", "2026-11-23"),
        ("time3", "08:00~09:30", "08:00~09:30~10:00"),
        ("date1", "2026年11月23日", "11月23日"),
        ("date2", "2026-11-23 08:00", "2026-11/23"),
        ("thing1", "x", None),
    ],
)
def test_typed_fields(name: str, good: str, bad: str | None) -> None:
    assert wrong_field({name: {"value": good}}) is None
    assert wrong_field({name: {"value": bad}}) == f"data.{name}.value"
    assert wrong_field({name.rstrip("0123456789"): {"value": good}}) is not None


def test_a_client_msg_id_is_taken_once_in_ten_minutes(
    sandbox: Rig, clock: Clock
) -> None:
    def send(openid: str, key: str) -> str:
        answer = wechat(sandbox, openid, fields={"client_msg_id": key}).json()
        assert answer["errcode"] == 0
        return str(answer["msgid"])

    first = send("oA", "k1")
    assert int(first) > 2**53
    assert send("oA", "k1") == first
    assert send("oB", "k1") != first
    assert send("oA", "k2") != first
    assert [m["repeats"] for m in sandbox.messages()] == [1, 0, 0]
    clock.now += timedelta(minutes=10)
    assert send("oA", "k1") != first
    assert len(sandbox.messages()) == 4


def test_a_message_without_a_key_is_taken_each_time(sandbox: Rig) -> None:
    for _ in range(2):
        wechat(sandbox, "oA")
    assert [m["repeats"] for m in sandbox.messages()] == [0, 0]
