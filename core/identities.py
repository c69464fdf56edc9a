"""Identity values: how each type is normalised, checked and masked.

Rules: resident ID cards by GB 11643-1999, mobiles by the numbering plan,
the rest by the dictionary of identity types.
"""

import re
import unicodedata
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone

import phonenumbers
from phonenumbers import PhoneNumberType

from core.text.invisible import plain
from core.words import Channel, IdentityType

_MAX_LENGTH = 255
_ID_CARD = re.compile(r"[1-9][0-9]{16}[0-9X]")
_ID_CARD_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CARD_CHECK = "10X98765432"
_PHONE_NOISE = re.compile(r"[\s\-()]")
_EMAIL = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+"
    r"[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]"
)

# Which identities a channel can use as an address, the best first.
ADDRESSES: dict[Channel, tuple[IdentityType, ...]] = {
    Channel.SMS: (IdentityType.MOBILE,),
    Channel.WECHAT: (IdentityType.WECHAT_OPENID,),
    Channel.WECHAT_MINI: (IdentityType.WECHAT_MINI_OPENID,),
    Channel.WECHAT_MEDICAL: (
        IdentityType.WECHAT_OPENID,
        IdentityType.WECHAT_MINI_OPENID,
    ),
    Channel.WECOM: (IdentityType.WECOM_USERID,),
    Channel.ALIPAY: (IdentityType.ALIPAY_USER_ID,),
    Channel.EMAIL: (IdentityType.EMAIL,),
    Channel.VOICE: (IdentityType.MOBILE, IdentityType.LANDLINE),
    Channel.WORKSTATION: (
        IdentityType.WORKSTATION_ID,
        IdentityType.DEPARTMENT,
        IdentityType.STAFF_NO,
    ),
    Channel.INBOX: (
        IdentityType.EMPI_ID,
        IdentityType.PATIENT_ID,
        IdentityType.STAFF_NO,
    ),
}

# Identities that name exactly one person, the strongest first. Phones and
# openids are shared within families, so they never look a person up.
PERSONAL: tuple[IdentityType, ...] = (
    IdentityType.EMPI_ID,
    IdentityType.PATIENT_ID,
    IdentityType.ID_CARD,
    IdentityType.OUTPATIENT_NO,
    IdentityType.INPATIENT_NO,
    IdentityType.STAFF_NO,
)


def _today() -> date:
    """Return the date in China, where a newborn's birthday may be ahead of UTC's."""
    return datetime.now(timezone(timedelta(hours=8))).date()


def _id_card(value: str) -> str:
    card = value.replace(" ", "").upper()
    if not _ID_CARD.fullmatch(card):
        raise ValueError("must be 18 digits, the last of which may be X")
    try:
        born = date(int(card[6:10]), int(card[10:12]), int(card[12:14]))
    except ValueError:
        raise ValueError("holds a date of birth that does not exist") from None
    if not date(1850, 1, 1) <= born <= _today():
        raise ValueError("holds a date of birth out of range")
    total = sum(int(d) * w for d, w in zip(card, _ID_CARD_WEIGHTS, strict=False))
    if _ID_CARD_CHECK[total % 11] != card[17]:
        raise ValueError("has a wrong check digit (GB 11643)")
    return card


def _phone(value: str, wanted: set[int], what: str) -> str:
    cleaned = _PHONE_NOISE.sub("", unicodedata.normalize("NFKC", value))
    if not re.fullmatch(r"\+?[0-9]{5,20}", cleaned):
        raise ValueError(f"is not a {what} number")
    try:
        number = phonenumbers.parse(cleaned, "CN")
    except phonenumbers.NumberParseException:
        raise ValueError(f"is not a {what} number") from None
    if not phonenumbers.is_valid_number(number):
        raise ValueError(f"is not a valid {what} number")
    if phonenumbers.number_type(number) not in wanted:
        raise ValueError(f"is a phone number, but not a {what} number")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _mobile(value: str) -> str:
    mobile = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}
    return _phone(value, mobile, "mobile")


def _landline(value: str) -> str:
    fixed = {PhoneNumberType.FIXED_LINE, PhoneNumberType.FIXED_LINE_OR_MOBILE}
    return _phone(value, fixed, "landline")


def _email(value: str) -> str:
    local, at, domain = value.rpartition("@")
    try:
        ascii_domain = domain.encode("idna").decode("ascii").lower() if domain else ""
    except UnicodeError:
        raise ValueError("has a domain that does not exist") from None
    address = f"{local}{at}{ascii_domain}"
    if len(address) > 254 or not _EMAIL.fullmatch(address):
        raise ValueError("is not an e-mail address")
    if local.startswith(".") or local.endswith(".") or ".." in local:
        raise ValueError("is not an e-mail address")
    return address


def _pattern(pattern: str, wants: str) -> Callable[[str], str]:
    compiled = re.compile(pattern)

    def check(value: str) -> str:
        if not compiled.fullmatch(value):
            raise ValueError(f"must be {wants}")
        return value

    return check


_HOSPITAL_NUMBER = _pattern(
    r"[A-Za-z0-9\-]{1,64}", "1 to 64 letters, digits or hyphens"
)
_OPENID = _pattern(
    r"[A-Za-z0-9_\-]{1,64}", "1 to 64 letters, digits, underscores or hyphens"
)
_DEPARTMENT = _pattern(
    r"[\w\-]{1,64}", "1 to 64 letters, digits, underscores or hyphens"
)


def _department(value: str) -> str:
    """Chinese input methods write digits full-width: one spelling for both."""
    return _DEPARTMENT(unicodedata.normalize("NFKC", value))


_RULES: dict[IdentityType, Callable[[str], str]] = {
    IdentityType.EMPI_ID: _HOSPITAL_NUMBER,
    IdentityType.PATIENT_ID: _HOSPITAL_NUMBER,
    IdentityType.OUTPATIENT_NO: _HOSPITAL_NUMBER,
    IdentityType.INPATIENT_NO: _HOSPITAL_NUMBER,
    IdentityType.ID_CARD: _id_card,
    IdentityType.MOBILE: _mobile,
    IdentityType.LANDLINE: _landline,
    IdentityType.WECHAT_OPENID: _OPENID,
    IdentityType.WECHAT_MINI_OPENID: _OPENID,
    IdentityType.WECHAT_UNIONID: _OPENID,
    IdentityType.WECOM_USERID: _pattern(
        r"[A-Za-z0-9][A-Za-z0-9_\-@.]{0,63}",
        "1 to 64 letters, digits or _-@. and begin with a letter or digit",
    ),
    IdentityType.STAFF_NO: _HOSPITAL_NUMBER,
    IdentityType.DEPARTMENT: _department,
    IdentityType.WORKSTATION_ID: _pattern(
        r"[A-Za-z0-9_\-.]{1,64}", "1 to 64 letters, digits or _-."
    ),
    IdentityType.ALIPAY_USER_ID: _pattern(
        r"2088[0-9]{12}", "16 digits that begin with 2088"
    ),
    IdentityType.EMAIL: _email,
}


def normalise(kind: IdentityType, value: str) -> str:
    """Return the value in its one spelling; ValueError says what is wrong.

    What nobody can see in it makes no difference. The error never repeats the value.
    """
    spelt = plain(value) if len(value) <= _MAX_LENGTH else ""
    if not spelt:
        raise ValueError(f"must have 1 to {_MAX_LENGTH} characters")
    return _RULES[kind](spelt)


# The compound surnames met in hospitals; in any other name the first character is it.
_COMPOUND = "欧阳司马上官诸葛东方皇甫尉迟公孙慕容令狐司徒端木夏侯独孤南宫长孙宇文"


def mask_name(name: str) -> str:
    """Return a name's surname, and a star for each character after it."""
    compound = _COMPOUND.find(name[:2]) % 2 == 0 and len(name) > 2
    surname = name[:2] if compound else name[:1]
    return surname + "*" * (len(name) - len(surname))


def mask(kind: IdentityType, value: str) -> str:
    """Return what a screen may show of a value: a few characters of it."""
    if kind in (IdentityType.MOBILE, IdentityType.LANDLINE):
        national = value.removeprefix("+86")
        return f"{national[:3]}****{national[-4:]}"
    if kind is IdentityType.EMAIL:
        local, _, domain = value.partition("@")
        return f"{local[:1]}***@{domain}"
    if len(value) <= 6:
        return f"{value[:1]}***"
    return f"{value[:2]}***{value[-2:]}"
