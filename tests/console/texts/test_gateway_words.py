"""The gateways' codes in the console: each one that we class is put in plain words."""

import pytest

from channels.carrier import cmpp, smpp
from channels.kit import carriers
from console.kit.texts import knows

CARRIERS = carriers.CARRIERS.classes.keys() | {"DELIVRD"}


@pytest.mark.parametrize(
    ("provider", "codes"),
    [
        ("cmpp", cmpp.SIGN_IN.classes.keys() | cmpp.CODES.classes.keys() | CARRIERS),
        ("smpp", smpp.SIGN_IN.classes.keys() | smpp.CODES.classes.keys() | CARRIERS),
        ("any", {"timeout", "connection-lost", "connection-stuck", "closed", "speed"}),
    ],
)
def test_every_code_has_its_words(provider: str, codes: set[str]) -> None:
    assert not [code for code in codes if not knows(f"code.{provider}.{code}")]
