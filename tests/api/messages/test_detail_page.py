"""The recipient's page: text only, for whoever has the link, while it lasts."""

from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any
from uuid import UUID

import httpx

from centre.delivery.links import Links
from centre.messages.links import detail_link
from tests.support.api.rig import Rig, unknown_id

XSS = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{7*7}}"


def path_of(link: str) -> str:
    return link.removeprefix("http://centre")


async def page(rig: Rig, message_id: UUID, **headers: str) -> httpx.Response:
    maker = Links("http://centre", rig.context.keyring.token_key)
    link = maker.link(message_id, datetime.now(UTC), None)
    return await rig.http.get(path_of(link), headers=headers)


def check_headers(answer: httpx.Response) -> None:
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert answer.headers["x-robots-tag"] == "noindex, nofollow"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "<script" not in answer.text


async def test_a_detail_is_shown(rig: Rig) -> None:
    items = [{"label": "手术间", "value": "3 号"}, {"label": "x", "value": XSS}]
    detail: Any = {"title": "明日手术 <b>", "items": items}
    message_id = await rig.sent(await rig.client("his"), detail=detail)
    answer = await page(rig, message_id)
    assert answer.status_code == 200
    check_headers(answer)
    assert "明日手术 &lt;b&gt;" in answer.text
    assert "3 号" in answer.text
    assert escape(XSS, quote=False)[:30] in answer.text
    assert "张三" not in answer.text
    assert "13800138000" not in answer.text
    assert 'lang="zh-CN"' in answer.text


async def test_without_a_detail_the_title_is_shown(rig: Rig) -> None:
    link = "https://his.example/r/1?a=1&b=2"
    message_id = await rig.sent(await rig.client("his"), link=link)
    answer = await page(rig, message_id)
    assert "<h1>检查预约 CT</h1>" in answer.text
    assert f'href="{escape(link)}"' in answer.text


async def test_it_needs_neither_worker_nor_store_row(rig: Rig) -> None:
    message_id = await rig.sent(await rig.client("his"))
    rig.flows.silent = True
    assert (await page(rig, message_id)).status_code == 200
    await rig.record(message_id)
    rig.flows.down = True
    assert (await page(rig, message_id)).status_code == 200


async def test_it_says_later_while_nothing_can_be_looked_up(rig: Rig) -> None:
    message_id = await rig.sent(await rig.client("his"))
    rig.flows.down = True
    answer = await page(rig, message_id)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    check_headers(answer)


async def test_anything_wrong_is_the_same_404(rig: Rig) -> None:
    message_id = await rig.sent(await rig.client("his"))
    key, now = rig.context.keyring.token_key, datetime.now(UTC)
    later = now + timedelta(days=1)
    wrong = [
        detail_link("http://centre", key, message_id, now - timedelta(seconds=1)),
        detail_link("http://centre", b"x" * 32, message_id, later),
        detail_link("http://centre", key, unknown_id(), later),
        detail_link("http://centre", key, message_id, later)[:-1],
        detail_link("http://centre", key, message_id, later) + "A",
        f"/m/{message_id}",
        "/m/x",
        "/m/" + "x" * 5000,
        "/m/%E5%BC%A0",
    ]
    bodies = set()
    for link in wrong:
        answer = await rig.http.get(path_of(link))
        assert answer.status_code == 404
        check_headers(answer)
        bodies.add(answer.text)
    assert len(bodies) == 1


async def test_it_speaks_the_readers_language(rig: Rig) -> None:
    for accepted, lang in (
        ("en-GB,en;q=0.9", "en"),
        ("zh-TW,zh;q=0.9,en;q=0.8", "zh-CN"),
        ("en;q=0.3, zh;q=0.8", "zh-CN"),
        ("fr, en;q=0.5", "en"),
        ("fr", "zh-CN"),
        ("", "zh-CN"),
        ("en;q=x,;q=,,*;q=1e9", "en"),
        ("x" * 20_000, "zh-CN"),
    ):
        answer = await rig.http.get("/m/x", headers={"accept-language": accepted})
        assert answer.headers["content-language"] == lang
        assert f'lang="{lang}"' in answer.text
