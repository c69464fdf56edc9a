"""The providers' pages: every code that we class stands there with what to do."""

from pathlib import Path

import pytest

from channels.alipay import api as alipay_gateway
from channels.aliyun import codes as aliyun_codes
from channels.email import codes as email
from channels.hospital import workstation
from channels.kit import carriers
from channels.kit.codes import CodeTable
from channels.registry import PROVIDERS
from channels.tencent import codes as tencent_codes
from channels.weixin import app as weixin_app
from channels.weixin import medical as wechat_medical
from channels.weixin import wecom
from core.words import Channel

PAGES = Path(__file__).parents[2] / "docs" / "providers"


@pytest.mark.parametrize(
    ("page", "table"),
    [
        pytest.param("aliyun", aliyun_codes.SMS, id="aliyun sms"),
        pytest.param("aliyun", aliyun_codes.VOICE, id="aliyun voice"),
        pytest.param("aliyun", aliyun_codes.CARRIERS, id="aliyun receipts"),
        pytest.param("aliyun", aliyun_codes.CALLS, id="aliyun calls"),
        pytest.param("tencent-cloud", tencent_codes.SMS, id="tencent sms"),
        pytest.param("tencent-cloud", tencent_codes.VOICE, id="tencent voice"),
        pytest.param("tencent-cloud", carriers.CARRIERS, id="tencent receipts"),
        pytest.param("wechat", weixin_app.CODES, id="wechat"),
        pytest.param("wechat", wechat_medical.CODES, id="wechat medical"),
        pytest.param("wecom", wecom.CODES, id="wecom"),
        pytest.param("alipay", alipay_gateway.CODES, id="alipay"),
        pytest.param("workstation", workstation.STATUSES, id="workstation"),
        *(
            pytest.param("email", table, id=f"email {step}")
            for step, table in email.CODES.items()
        ),
    ],
)
def test_every_code_is_explained(page: str, table: CodeTable) -> None:
    text = (PAGES / f"{page}.md").read_text(encoding="utf-8")
    # Of neighbours in one row the family is named once: `A.One` `.Two`.
    missing = [
        code
        for code in table.classes
        if f"`{code}`" not in text and f"`.{code.partition('.')[2]}`" not in text
    ]
    assert not missing


def test_the_index_names_every_provider() -> None:
    index = (PAGES / "README.md").read_text(encoding="utf-8")
    for provider in PROVIDERS:
        assert f"| `{provider.channel}` | `{provider.name}` |" in index


@pytest.mark.parametrize("channel", sorted({p.channel for p in PROVIDERS}))
def test_the_page_of_accounts_lists_the_providers_in_order(channel: Channel) -> None:
    names = ", ".join(f"`{p.name}`" for p in PROVIDERS if p.channel is channel)
    text = (PAGES.parent / "accounts.md").read_text(encoding="utf-8")
    assert f"| `{channel}` | {names} |" in text


def test_the_index_names_every_page() -> None:
    index = (PAGES / "README.md").read_text(encoding="utf-8")
    pages = [page.name for page in PAGES.glob("*.md") if page.name != "README.md"]
    assert pages
    assert not [name for name in pages if f"({name})" not in index]
