"""Rare letters of names survive; blanks and controls become one space."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from centre.messages.acceptance import MessageRequest
from channels.alipay.sender import keywords
from channels.base import Content
from channels.weixin.service_account import fields
from core.text.letters import one_line, standard, visible

# Unassigned to an older Python (extensions G to I), private, joined, of plane 2.
RARE = ["\U00030edd", "\U00031350", "\U000323af", "\U0002ebf0", "\ue000", "𠮷"]
FAMILY = "👨‍👩‍👧‍👦"


@pytest.mark.parametrize("letter", [*RARE, FAMILY, "é", "ä"])
def test_a_rare_letter_of_a_name_survives(letter: str) -> None:
    name = f"张{letter}"
    assert one_line(name) == name
    content = Content(title="", body="", fields={"thing1": name, "thing2": letter})
    assert fields(content) == {"thing1": name, "thing2": letter}
    assert keywords(content)["thing1"] == name


@pytest.mark.parametrize(
    ("private", "letter"),
    [
        ("\ue863", "䶮"),
        ("\ue81e", "\u9fb4"),
        ("\ue864", "\u9fbb"),
        ("\ue816", "\U00020087"),
        ("\ue855", "\U000241fe"),
        ("\ue825", "㤘"),
    ],
)
def test_a_private_letter_of_gbk_becomes_the_standard_one(
    private: str, letter: str
) -> None:
    assert standard(f"张{private}") == f"张{letter}"
    asked = MessageRequest.model_validate(
        {
            "type": "x",
            "recipient": {"identities": {"mobile": "1"}, "name": f"张{private}"},
            "params": {"name": private},
            "detail": {"title": private, "items": [{"label": "a", "value": private}]},
        }
    )
    assert asked.params == {"name": letter}
    assert asked.recipient.name == f"张{letter}"
    assert asked.detail is not None
    assert asked.detail.title == asked.detail.items[0].value == letter


def test_every_place_of_gb18030_has_a_twin_outside_the_private_area() -> None:
    twins = [standard(chr(code)) for code in range(0xE815, 0xE865)]
    assert len(set(twins)) == len(twins) == 80
    assert not [t for t in twins if unicodedata.category(t) == "Co"]


@pytest.mark.parametrize("blank", ["\n", "\r\n", "\u2028", "\u2029", "\x00", "\ud800"])
def test_a_line_end_or_control_becomes_a_space(blank: str) -> None:
    assert one_line(f"a{blank}b") == "a b"


@pytest.mark.parametrize(
    "nothing", ["", " ", "\u3000", "\u200b", "\ufeff", "\u202e", "\t"]
)
def test_nothing_shows_of_blanks_and_joiners(nothing: str) -> None:
    assert not any(map(visible, nothing))


@given(st.text())
def test_a_line_keeps_every_visible_letter(text: str) -> None:
    line = one_line(text)
    assert [c for c in line if visible(c)] == [c for c in text if visible(c)]
    assert not set(line) & {"\n", "\r", "\u2028", "\u2029", "\0"}
