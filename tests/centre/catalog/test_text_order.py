"""The order of a template's text decides what goes where, never that of JSON keys."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from centre.catalog.previews import preview, preview_of
from channels.alipay.sender import keywords
from channels.aliyun.sender import template_param
from channels.base import Content
from channels.tencent.sender import template_params
from channels.weixin.medical import business_info
from channels.weixin.service_account import fields
from core.policies import Template
from core.text.templating import in_text_order
from core.words import Channel

BODY = "{{name}}您好，请到{{place}}，{{name}}。"
VALUES = {"name": "张三", "place": "一楼", "only_wechat": "密"}
ORDERS = [dict(order) for order in permutations(VALUES.items())]


def said(body: str = BODY, title: str = "", **of_fields: str) -> Template:
    return Template(
        channel=Channel.SMS, version=1, title=title, body=body, fields=of_fields
    )


@pytest.mark.parametrize("values", ORDERS)
def test_positions_are_those_of_the_text(values: dict[str, str]) -> None:
    content = Content.of(said(), values)
    assert template_params(content) == ["张三", "一楼"]
    assert template_param(content) == '{"name": "张三", "place": "一楼"}'
    assert list(fields(content).values()) == ["张三", "一楼"]
    assert keywords(content) == {"keyword1": "张三", "keyword2": "一楼"}
    assert business_info(content) == {"name": "张三", "place": "一楼"}


@pytest.mark.parametrize("order", list(permutations(["1", "2", "10"])))
def test_numbered_fields_go_by_their_numbers(order: tuple[str, ...]) -> None:
    of_fields = {n: {"1": "{{place}}", "2": "{{name}}", "10": "x"}[n] for n in order}
    content = Content.of(said(**of_fields), VALUES)
    assert template_params(content) == ["一楼", "张三", "x"]


@pytest.mark.parametrize("order", list(permutations(["who", "where", "fixed"])))
def test_named_fields_go_by_their_placeholders(order: tuple[str, ...]) -> None:
    of_fields = {"who": "{{name}}", "where": "在{{place}}", "fixed": "门诊"}
    content = Content.of(said(**{n: of_fields[n] for n in order}), VALUES)
    assert template_params(content) == ["张三", "在一楼", "门诊"]


@given(st.permutations(["a", "b", "c", "d"]), st.permutations(["a", "b", "c", "d"]))
def test_any_order_of_keys_gives_the_texts(keys: list[str], body: list[str]) -> None:
    text = "".join("{{" + name + "}}" for name in body)
    assert in_text_order({k: "{{" + k + "}}" for k in keys}, text) == body


def test_the_previews_show_what_the_provider_gets() -> None:
    for values in ORDERS:
        seen = preview(said(), values)
        assert list(seen.fields.items()) == [("name", "张三"), ("place", "一楼")]
        assert preview_of(said(), values).fields == seen.fields
