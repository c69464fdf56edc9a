"""Identity values: GB 11643, one spelling per number, and errors that say nothing."""

from datetime import date, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core.identities import ADDRESSES, PERSONAL, mask, normalise
from core.words import Channel, IdentityType

ID_CARD, MOBILE, LANDLINE = (
    IdentityType.ID_CARD,
    IdentityType.MOBILE,
    IdentityType.LANDLINE,
)
EMAIL = IdentityType.EMAIL
# GB 11643-1999: the weights 2^(18-i) mod 11, computed here a second way.
WEIGHTS = [pow(2, 17 - place, 11) for place in range(17)]


def check_character(first17: str) -> str:
    total = sum(int(d) * w for d, w in zip(first17, WEIGHTS, strict=True))
    rest = (1 - total) % 11
    return "X" if rest == 10 else str(rest)


@st.composite
def cards(draw: st.DrawFn) -> str:
    area = draw(st.integers(100_000, 999_999))
    born = draw(
        st.dates(date(1850, 1, 1), date.today() - timedelta(days=1))  # noqa: DTZ011
    )
    serial = draw(st.integers(0, 999))
    first17 = f"{area}{born:%Y%m%d}{serial:03}"
    return first17 + check_character(first17)


def refused(kind: IdentityType, value: str) -> bool:
    try:
        normalise(kind, value)
    except ValueError:
        return True
    return False


@pytest.mark.parametrize(
    "card",
    [
        "11010519491231002X",
        "440524188001010014",
        "11010219840406970X",
        "810000199408230021",
    ],
)
def test_published_cards_pass(card: str) -> None:
    assert normalise(ID_CARD, card) == card
    assert normalise(ID_CARD, f" {card[:6]} {card[6:14]} {card[14:].lower()} ") == card


@given(cards())
def test_every_valid_card_passes(card: str) -> None:
    assert normalise(ID_CARD, card) == card


@given(cards(), st.integers(0, 17), st.sampled_from("0123456789X"))
def test_one_changed_character_fails(card: str, index: int, other: str) -> None:
    assume(card[index] != other)
    assert refused(ID_CARD, card[:index] + other + card[index + 1 :])


@given(cards(), st.integers(0, 16))
def test_two_swapped_neighbours_fail(card: str, at: int) -> None:
    assume(card[at] != card[at + 1])
    assert refused(ID_CARD, card[:at] + card[at + 1] + card[at] + card[at + 2 :])


@pytest.mark.parametrize(
    "first17",
    [
        "11010520010229001",
        "11010518491231001",
        "11010599990101001",
        "11010520011301001",
    ],
)
def test_a_card_needs_a_possible_birthday(first17: str) -> None:
    assert refused(ID_CARD, first17 + check_character(first17))


@pytest.mark.parametrize(
    "value",
    [
        "",
        "   ",
        "110105491231002",
        "11010519491231002",
        "11010519491231002XX",
        "01010519491231002X",
        "１１０１０５１９４９１２３１００２Ｘ",
        "11010519491231002x\x00",
    ],
)
def test_what_is_no_card(value: str) -> None:
    assert refused(ID_CARD, value)


@st.composite
def spellings(draw: st.DrawFn) -> tuple[str, str]:
    """A mobile number in E.164 and in one of the ways that people write it."""
    prefix = draw(st.sampled_from(["130", "138", "159", "176", "188", "198"]))
    national = prefix + draw(st.from_regex(r"[0-9]{8}", fullmatch=True))
    country = draw(st.sampled_from(["", "+86", "0086", "+86 ", "0086-", "86"]))
    gap = draw(st.sampled_from(["", " ", "-", "\u3000", "\xa0"]))
    text = country + gap.join([national[:3], national[3:7], national[7:]])
    if draw(st.booleans()):
        text = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)
    pad = draw(st.sampled_from(["", " ", "\t"]))
    return "+86" + national, pad + text + pad


@given(spellings())
def test_a_mobile_has_one_form(spelling: tuple[str, str]) -> None:
    wanted, written = spelling
    assert normalise(MOBILE, written) == wanted


@pytest.mark.parametrize(
    "value",
    [
        "025-52271000",
        "+86 10 65296114",
        "4008123123",
        "120",
        "95588",
        "1381234567",
        "138123456789",
        "23812345678",
        "+8613812345678;ext=1",
        "tel:13812345678",
        "13812345678,13912345678",
        "1381234567٨",
        "1381234567a",
        "+",
    ],
)
def test_what_is_no_mobile(value: str) -> None:
    assert refused(MOBILE, value)


def test_a_landline_is_for_voice_only() -> None:
    assert normalise(LANDLINE, "（025）5227-1000") == "+862552271000"
    assert refused(LANDLINE, "13812345678")
    takes = {c for c, kinds in ADDRESSES.items() if LANDLINE in kinds}
    assert takes == {Channel.VOICE}


def test_numbers_of_the_region_pass() -> None:
    assert normalise(MOBILE, "+852 9123 4567") == "+85291234567"


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("Zhang.San@Hospital.EXAMPLE", "Zhang.San@hospital.example"),
        (" a+b@例子.中国 ", "a+b@xn--fsqu00a.xn--fiqs8s"),
        ("a@b。com", "a@b.com"),
    ],
)
def test_mail_addresses(written: str, wanted: str) -> None:
    assert normalise(EMAIL, written) == wanted


@pytest.mark.parametrize(
    "value",
    [
        "a",
        "@b.com",
        "a@",
        "a@b",
        "a@@b.com",
        ".a@b.com",
        "a.@b.com",
        "a..b@b.com",
        "a@-b.com",
        "a@b.-c",
        "a@10.0.0.25",
        "a@b..com",
        "a b@c.com",
        "a@b.com\r\nBcc: c@d.com",
        "张三 <a@b.com>",
        "a@b.com,c@d.com",
        "a" * 65 + "@b.com",
        "a@" + "b" * 64 + ".com",
    ],
)
def test_what_is_no_mail_address(value: str) -> None:
    assert refused(EMAIL, value)


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (IdentityType.EMPI_ID, "E-0001", "E_1"),
        (IdentityType.PATIENT_ID, "00012", "1" * 65),
        (IdentityType.OUTPATIENT_NO, "0001", "1 2"),
        (IdentityType.INPATIENT_NO, "ZY-9", "9/1"),
        (IdentityType.STAFF_NO, "007", "0;7"),
        (IdentityType.WECHAT_OPENID, "oABC_-9", "o A"),
        (IdentityType.WECHAT_MINI_OPENID, "oABC_-9", "ｏＡ"),
        (IdentityType.WECHAT_UNIONID, "u-1", "u/1"),
        (IdentityType.WECOM_USERID, "zhang.san@nj", "_zhang"),
        (IdentityType.DEPARTMENT, "心内科_1", "心内科 1"),
        (IdentityType.WORKSTATION_ID, "ws-3.icu", "ws/3"),
        (IdentityType.ALIPAY_USER_ID, "2088123412341234", "3088123412341234"),
    ],
)
def test_the_dictionarys_patterns(kind: IdentityType, good: str, bad: str) -> None:
    assert normalise(kind, f" {good} ") == good
    assert refused(kind, bad)
    assert refused(kind, good + "\x00")


def test_a_department_has_one_spelling() -> None:
    assert normalise(IdentityType.DEPARTMENT, "１２病区") == "12病区"


samples = st.one_of(
    st.text(),
    st.text(st.characters(categories=["Nd", "Cs", "Zs", "Cc"])),
    st.from_regex(r"[a-z.]{1,9}@[a-zA-Z中ß.\-]{1,12}", fullmatch=True),
    st.from_regex(r"(\+|00)?[0-9 \-]{5,16}", fullmatch=True),
    st.from_regex(r"[\w\-]{1,12}", fullmatch=True),
    cards(),
    spellings().map(lambda pair: pair[1]),
)


@given(st.sampled_from(IdentityType), samples)
def test_normalising_twice_changes_nothing(kind: IdentityType, value: str) -> None:
    try:
        once = normalise(kind, value)
    except ValueError:
        return
    assert normalise(kind, once) == once
    assert len(once) <= 255


@given(st.sampled_from(IdentityType), st.sampled_from("!;/\x00"), samples)
def test_errors_never_repeat_the_value(
    kind: IdentityType, stain: str, value: str
) -> None:
    marked = f"张MARKER{value}{stain}"
    with pytest.raises(ValueError, match=r"^[a-z]") as caught:
        normalise(kind, marked)
    error = caught.value
    assert "MARKER" not in str(error)
    assert error.__cause__ is None
    assert error.__context__ is None or error.__suppress_context__


@pytest.mark.parametrize("kind", IdentityType)
def test_empty_and_endless_values_are_refused(kind: IdentityType) -> None:
    for value in ("", " ", "\u3000\t", "1" * 256, "a" * 100_000):
        with pytest.raises(ValueError, match="1 to 255"):
            normalise(kind, value)


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        (MOBILE, "+8613812345678", "138****5678"),
        (EMAIL, "zhang@b.com", "z***@b.com"),
        (ID_CARD, "11010519491231002X", "11***2X"),
        (IdentityType.STAFF_NO, "007", "0***"),
    ],
)
def test_masks(kind: IdentityType, value: str, shown: str) -> None:
    assert mask(kind, value) == shown


@given(cards())
def test_a_masked_card_shows_no_birthday(card: str) -> None:
    assert card[6:14] not in mask(ID_CARD, card)


def test_every_channel_has_an_address_and_phones_name_nobody() -> None:
    assert set(ADDRESSES) == set(Channel)
    assert all(ADDRESSES.values())
    shared = {MOBILE, LANDLINE, EMAIL, IdentityType.WECHAT_OPENID}
    assert not shared & set(PERSONAL)
