"""The pages on WeChat, WeCom and Alipay name every code that the tables hold."""

import re

import pytest

from channels import alipay_gateway, wechat_medical, wechat_mini, wecom, weixin_app
from channels.codes import CodeTable
from tests.source_tree import ROOT

TABLES = {
    "wechat": (weixin_app.CODES, wechat_mini.CODES, wechat_medical.CODES),
    "wecom": (wecom.CODES,),
    "alipay": (alipay_gateway.CODES,),
}


@pytest.mark.parametrize("page", TABLES)
def test_a_page_names_every_code(page: str) -> None:
    text = (ROOT / "docs" / "providers" / f"{page}.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| ")]
    named = {word for row in rows for word in re.split(r"[\s,（）`]+", row)}
    tables: tuple[CodeTable, ...] = TABLES[page]
    assert {code for table in tables for code in table.classes} <= named
