"""The made-up patients and staff of a new centre, the same every time.

Names are drawn from lists; identity cards carry area codes 99xxxx, which GB/T
2260 assigns to no place, and a right check digit (GB 11643). Some people lack
WeChat, an e-mail address or a phone, so that fall-backs have work to do.
"""

import base64
import hashlib
from collections.abc import Iterator
from datetime import date, timedelta
from random import Random

from centre.people.contracts import PersonDraft
from core.words import IdentityType

PATIENTS = 200
_SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰涛明超兰霞平刚英华文玉萍红梅宁晨雨欣子涵"
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = "10X98765432"
_STAFF = (
    ("医务处", "office"),
    ("检验科", "lab"),
    ("心血管内科", "cardio"),
    ("急诊医学科", "emergency"),
    ("重症医学科", "icu"),
    ("麻醉手术中心", "surgery"),
)


def patients() -> Iterator[tuple[str, PersonDraft]]:
    """Yield EMPI numbers and what is known of each patient."""
    dice = Random(20210901)  # the day the paper's centre opened
    for number in range(1, PATIENTS + 1):
        empi_id = f"EMPI{number:06d}"
        identities = {
            IdentityType.PATIENT_ID: f"P{number:08d}",
            IdentityType.OUTPATIENT_NO: f"{2021000000 + number:012d}",
            IdentityType.ID_CARD: _id_card(dice, number),
            **_contacts(empi_id, number),
        }
        if number % 7 == 0:
            identities[IdentityType.INPATIENT_NO] = f"ZY{number:07d}"
        yield empi_id, PersonDraft(name=_name(dice), identities=identities)


def staff() -> Iterator[tuple[str, PersonDraft]]:
    """Yield staff numbers and what is known of each: a doctor and a nurse each."""
    dice = Random(20240101)  # made-up people need no secrecy
    for index, (department, short) in enumerate(_STAFF):
        for half in (1, 2):
            number = index * 2 + half
            staff_no = f"S{number:05d}"
            identities = {
                IdentityType.DEPARTMENT: department,
                IdentityType.WECOM_USERID: f"{short}{half:02d}",
                IdentityType.WORKSTATION_ID: f"WS-{short.upper()}-{half:02d}",
                IdentityType.MOBILE: _mobile(9000 + number),
                IdentityType.EMAIL: f"{staff_no.lower()}@hospital.example",
                IdentityType.WECHAT_OPENID: _openid(staff_no),
            }
            yield staff_no, PersonDraft(name=_name(dice), identities=identities)


def _contacts(empi_id: str, number: int) -> dict[IdentityType, str]:
    """Return the addresses of a patient: one in five lacks WeChat, one in
    four the mini program, few use Alipay."""
    contacts = {}
    if number % 5:
        contacts[IdentityType.WECHAT_OPENID] = _openid(empi_id)
    if number % 4:
        contacts[IdentityType.WECHAT_MINI_OPENID] = _openid(f"mini:{empi_id}")
    if number % 6 == 0:
        contacts[IdentityType.ALIPAY_USER_ID] = f"2088{number:012d}"
    if number % 50:
        contacts[IdentityType.MOBILE] = _mobile(number)
    if number % 3 == 0:
        contacts[IdentityType.EMAIL] = f"patient{number:03d}@mail.example"
    return contacts


def _name(dice: Random) -> str:
    given = dice.choice(_GIVEN) + (dice.choice(_GIVEN) if dice.random() < 0.7 else "")
    return dice.choice(_SURNAMES) + given


def _id_card(dice: Random, number: int) -> str:
    born = date(1940, 1, 1) + timedelta(days=dice.randrange(365 * 75))
    digits = f"9901{number % 20 + 1:02d}{born:%Y%m%d}{number:03d}"
    total = sum(int(d) * w for d, w in zip(digits, _WEIGHTS, strict=True))
    return digits + _CHECK[total % 11]


def _mobile(number: int) -> str:
    return f"+861990000{number:04d}"


def _openid(of: str) -> str:
    """Return 28 characters as WeChat's openids have."""
    digest = hashlib.sha256(f"openid:{of}".encode()).digest()
    return "o" + base64.urlsafe_b64encode(digest).decode()[:27]
