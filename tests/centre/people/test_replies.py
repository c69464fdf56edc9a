"""Which answers to a short message are opt-outs, and which are not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from centre.people.replies import asks_to_stop

AROUND = st.text(
    st.sampled_from(" \t\n\u3000\u00a0\u200b\ufeff。．.,，!！“”\"'()（）-~")
)


@given(
    word=st.sampled_from(
        ["TD", "T", "退订", "退訂", "STOP", "T退订", "td退订", "回复TD退订"]
    ),
    before=AROUND,
    after=AROUND,
    spell=st.sampled_from([str, str.lower, str.upper, str.title]),
    wide=st.booleans(),
)
def test_an_opt_out_in_any_spelling(
    word: str, before: str, after: str, spell: object, wide: bool
) -> None:
    assert callable(spell)
    said = spell(word)
    if wide:
        said = "".join(chr(ord(c) + 0xFEE0) if c.isascii() else c for c in said)
    assert asks_to_stop(before + said + after)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " 。 ",
        "N",
        "Y",
        "1",
        "TDD",
        "TT",
        "T恤",
        "T1",
        "不退订",
        "退订吗",
        "怎么退订",
        "stop it",
        "nonstop",
        "收到，谢谢",
        "STD",
        "to",
        "订退",
        "id:1 sub:001 dlvrd:001 stat:DELIVRD err:000 text:TD",
    ],
)
def test_anything_else_is_none(text: str) -> None:
    assert not asks_to_stop(text)


@given(st.text())
def test_no_text_is_too_strange(text: str) -> None:
    assert asks_to_stop(text) in (True, False)
