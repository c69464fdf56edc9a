"""RSA2: keys in every form, and signatures equal to another SDK's."""

from functools import cache

import pytest
from alipay import AliPay  # type: ignore[import-untyped]
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import given
from hypothesis import strategies as st

from core.rsa2 import is_signed, private_key, public_key, public_text, sign, signed_text
from core.sandbox_keys import ALIPAY_KEY, APP_KEY

KEY = private_key(APP_KEY)
THEIRS = private_key(ALIPAY_KEY)
FORMS = (PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


def pem(form: PrivateFormat) -> str:
    return KEY.private_bytes(Encoding.PEM, form, NoEncryption()).decode()


@cache
def oracle() -> AliPay:
    """Return python-alipay-sdk with the sandbox's keys."""
    theirs = THEIRS.public_key().public_bytes(
        Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
    )
    return AliPay(
        appid="sandbox",
        app_private_key_string=pem(FORMS[1]),
        alipay_public_key_string=theirs.decode(),
    )


@pytest.mark.parametrize("form", FORMS)
def test_a_private_key_may_be_pem_or_bare(form: PrivateFormat) -> None:
    armoured = pem(form)
    bare = "".join(armoured.splitlines()[1:-1])
    for text in (armoured, bare, armoured.replace("\n", " ")):
        assert private_key(text).private_numbers() == KEY.private_numbers()


@pytest.mark.parametrize(
    "form", [PublicFormat.SubjectPublicKeyInfo, PublicFormat.PKCS1]
)
def test_a_public_key_may_be_pem_or_bare(form: PublicFormat) -> None:
    armoured = KEY.public_key().public_bytes(Encoding.PEM, form).decode()
    for text in (armoured, "".join(armoured.splitlines()[1:-1])):
        assert public_key(text) == KEY.public_key()
    assert public_key(public_text(KEY)) == KEY.public_key()


def _other_keys() -> list[str]:
    small = rsa.generate_private_key(65537, 1024)
    curve = ec.generate_private_key(ec.SECP256R1())
    der = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return [k.private_bytes(*der).decode() for k in (small, curve)]


def test_what_is_no_key_is_refused_and_not_repeated() -> None:
    for text in ("", "secret-1", "中文", "MIIB", *_other_keys()):
        for load in (private_key, public_key):
            with pytest.raises(ValueError, match="is not") as raised:
                load(text)
            assert not text or text not in str(raised.value)


def test_the_text_is_sorted_and_lacks_what_is_empty() -> None:
    params = {"b": "2", "a": "=&", "sign_type": "RSA2", "c": "", "sign": "x"}
    assert signed_text(params) == "a==&&b=2&sign_type=RSA2"


@given(TEXTS)
def test_signatures_are_equal_to_the_oracles(text: str) -> None:
    signature = sign(KEY, text)
    assert signature == oracle()._sign(text)
    assert is_signed(KEY.public_key(), text, signature)
    assert not is_signed(KEY.public_key(), text + " ", signature)
    assert not is_signed(THEIRS.public_key(), text, signature)


@given(TEXTS)
def test_the_oracle_believes_alipays_signature(text: str) -> None:
    assert oracle()._verify(text, sign(THEIRS, text))


@pytest.mark.parametrize("signature", ["", "AAAA", "not base64!", "中文"])
def test_what_is_no_signature_is_none(signature: str) -> None:
    assert not is_signed(KEY.public_key(), "text", signature)
