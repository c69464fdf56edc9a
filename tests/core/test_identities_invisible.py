"""A right number stays right, whatever marks that nobody can see came with it."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.identities import normalise
from core.text.invisible import plain, without_invisible
from core.words import IdentityType

# One right value of every kind, in its one spelling.
RIGHT = {
    IdentityType.EMPI_ID: "E-2031",
    IdentityType.PATIENT_ID: "P0012346",
    IdentityType.OUTPATIENT_NO: "MZ-88-1",
    IdentityType.INPATIENT_NO: "ZY20270108",
    IdentityType.ID_CARD: "11010519491231002X",
    IdentityType.MOBILE: "+8613800138000",
    IdentityType.LANDLINE: "+862583304616",
    IdentityType.WECHAT_OPENID: "oABC_def-123",
    IdentityType.WECHAT_MINI_OPENID: "mABC_def-123",
    IdentityType.WECHAT_UNIONID: "uABC_def-123",
    IdentityType.WECOM_USERID: "li.si@ward",
    IdentityType.STAFF_NO: "N0217",
    IdentityType.DEPARTMENT: "心内科-2",
    IdentityType.WORKSTATION_ID: "ward-12.a",
    IdentityType.ALIPAY_USER_ID: "2088102146225135",
    IdentityType.EMAIL: "zhang.san@example.com",
}
KINDS = pytest.mark.parametrize("kind", IdentityType)
# Marks of direction, of joining, of order of bytes; a soft hyphen; fillers.
MARKS = [
    *map(chr, range(0x200B, 0x2010)),
    *map(chr, range(0x202A, 0x202F)),
    *map(chr, range(0x2060, 0x2070)),
    *"\u00ad\u061c\u034f\u180e\ufeff\ufe0f\u3164\U000e0001",
]
MARKS = [mark for mark in MARKS if unicodedata.category(mark) != "Cn"]


@KINDS
@given(st.data())
def test_marks_anywhere_make_no_difference(
    kind: IdentityType, data: st.DataObject
) -> None:
    spelt = RIGHT[kind]
    for _ in range(data.draw(st.integers(1, 4))):
        index = data.draw(st.integers(0, len(spelt)))
        spelt = spelt[:index] + data.draw(st.sampled_from(MARKS)) + spelt[index:]
    assert normalise(kind, spelt) == RIGHT[kind]


@KINDS
@pytest.mark.parametrize("hyphen", "\u2010\u2011\u2012\u2013\u2014\u2015\u2212")
def test_a_hyphen_is_a_hyphen(kind: IdentityType, hyphen: str) -> None:
    assert normalise(kind, RIGHT[kind].replace("-", hyphen)) == RIGHT[kind]


@KINDS
@pytest.mark.parametrize("space", "\u00a0\u2002\u2007\u202f\u3000\t")
def test_spaces_around_are_dropped(kind: IdentityType, space: str) -> None:
    assert normalise(kind, f"{space}{RIGHT[kind]}{space}") == RIGHT[kind]


@pytest.mark.parametrize(
    "spelt",
    [
        "\u202d13800138000\u202c",
        "138\u2010 0013\u20118000",
        "+86\u00a0138\u200b00138000",
        "（+86）１３８００１３８０００",
        "138\u2212 0013\u20148000",
    ],
)
def test_a_mobile_as_it_is_copied(spelt: str) -> None:
    assert normalise(IdentityType.MOBILE, spelt) == "+8613800138000"


@KINDS
@pytest.mark.parametrize("nothing", ["", " ", "\u200b", "\ufeff\u00a0", "\u202d\u202c"])
def test_nothing_to_see_is_nothing(kind: IdentityType, nothing: str) -> None:
    with pytest.raises(ValueError, match="must have 1 to"):
        normalise(kind, nothing)


def test_what_can_be_seen_is_not_taken_for_something_else() -> None:
    for kind, value in [
        (IdentityType.PATIENT_ID, "P\u0410123"),
        (IdentityType.PATIENT_ID, "P 0123"),
        (IdentityType.PATIENT_ID, "P①23"),
        (IdentityType.WECHAT_OPENID, "o\u0000ABC"),
    ]:
        with pytest.raises(ValueError, match="must be"):
            normalise(kind, value)


@given(st.text())
def test_doing_it_twice_changes_nothing(text: str) -> None:
    assert plain(plain(text)) == plain(text)
    assert without_invisible(without_invisible(text)) == without_invisible(text)
