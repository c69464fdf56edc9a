"""Made-up values for placeholders, to look at a text before it is used."""

import re
from collections.abc import Iterable, Mapping

from core.words import IdentityType

# The first pattern that a name holds decides; the values belong to nobody.
_SAMPLES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"patient|^name|_name|姓名|患者|就诊人"), "王*"),
    (re.compile(r"doctor|physician|医生|医师"), "李医生"),
    (re.compile(r"department|dept|科室"), "心内科"),
    (re.compile(r"date|日期"), "2027-01-08"),
    (re.compile(r"time|时间"), "2027-01-08 09:30"),
    (re.compile(r"bed|床"), "12"),
    (re.compile(r"amount|fee|cost|price|金额|费用"), "35.00"),
    (re.compile(r"item|exam|test|检查|检验|项目"), "血常规"),
    (re.compile(r"place|address|room|location|地点|地址|诊室"), "门诊楼3层302"),
    (re.compile(r"phone|tel|电话"), "025-00000000"),
    (re.compile(r"no$|number|code|序号|号|编号"), "A012"),
    (re.compile(r"count|days|数量|天数"), "3"),
)

# Of nobody: the card is that of the standard (GB 11643), the phones are examples.
SAMPLE_IDENTITIES: Mapping[IdentityType, str] = {
    IdentityType.EMPI_ID: "EMPI000003",
    IdentityType.PATIENT_ID: "P0012346",
    IdentityType.OUTPATIENT_NO: "0012346",
    IdentityType.INPATIENT_NO: "ZY0012346",
    IdentityType.ID_CARD: "11010519491231002X",
    IdentityType.MOBILE: "13800138000",
    IdentityType.LANDLINE: "025-83304616",
    IdentityType.WECHAT_OPENID: "o6_bmjrPTlm6_2sgVt7hMZOPfL2M",
    IdentityType.WECHAT_MINI_OPENID: "oLVPpjqs9BhvzwPj5A-vTYAX3GLc",
    IdentityType.WECHAT_UNIONID: "o6_bmasdasdsad6_2sgVt7hMZOPf",
    IdentityType.WECOM_USERID: "li.si",
    IdentityType.STAFF_NO: "N0217",
    IdentityType.DEPARTMENT: "心内科",
    IdentityType.WORKSTATION_ID: "ward-12",
    IdentityType.ALIPAY_USER_ID: "2088102146225135",
    IdentityType.EMAIL: "zhang.san@example.com",
}


def sample_params(names: Iterable[str]) -> dict[str, str]:
    """Return a value for each name, by what the name says."""
    return {name: _sample(name) for name in names}


def _sample(name: str) -> str:
    fits = (v for pattern, v in _SAMPLES if pattern.search(name.lower()))
    return next(fits, f"[{name[:18]}]")
