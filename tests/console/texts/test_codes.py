"""The clouds' codes in the console: each one that we class is put in plain words."""

import pytest

from channels.aliyun import codes as aliyun_codes
from channels.kit import carriers
from channels.kit.codes import CodeTable
from channels.tencent import codes as tencent_codes
from console.kit.texts import knows

TABLES = {
    "aliyun": [
        aliyun_codes.SMS,
        aliyun_codes.VOICE,
        aliyun_codes.CARRIERS,
        aliyun_codes.CALLS,
    ],
    "tencent": [tencent_codes.SMS, tencent_codes.VOICE, carriers.CARRIERS],
}


@pytest.mark.parametrize(
    ("provider", "table"),
    [
        pytest.param(provider, table, id=f"{provider} {number}")
        for provider, tables in TABLES.items()
        for number, table in enumerate(tables)
    ],
)
def test_every_code_has_its_words(provider: str, table: CodeTable) -> None:
    assert not [c for c in table.classes if not knows(f"code.{provider}.{c}")]


@pytest.mark.parametrize("code", sorted(aliyun_codes.ANSWERED))
def test_an_answered_call_has_its_words(code: str) -> None:
    assert knows(f"code.aliyun.{code}")
