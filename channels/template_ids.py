"""Which of a template's ids at several providers is whose, and what each takes.

A hospital files the same text with each provider and gets an id of that
provider's form from each. A template lists them parted by blanks, and a
provider takes the one that has its form: "SMS_210010104 1400123".
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from channels.kit.codes import refusal
from core.errors import Misconfigured
from core.text.templating import placeholders

ALIYUN_SMS = re.compile(r"SMS_\w+", re.ASCII)
ALIYUN_VOICE = re.compile(r"TTS_\w+", re.ASCII)
TENCENT = re.compile(r"[0-9]{1,12}")
WEIXIN = re.compile(r"[A-Za-z0-9_\-]{1,64}")
WEIXIN_MEDICAL = re.compile(r"[0-9]{1,12}")
ALIPAY = re.compile(r"[A-Za-z0-9_=\-]{1,64}")
# thing1, character_string2; templates of before 2023 have first, keyword1, remark.
WEIXIN_FIELD = re.compile(r"[a-z_]{1,32}[0-9]{0,2}")


@dataclass(frozen=True)
class TemplateRules:
    """What a provider takes as its template: an id's form and example, fields, values.

    `positions`: values go by number, so that fields with numbers have all from 1.
    `longest` is how many characters a value may have.
    """

    id: re.Pattern[str]
    example: str
    field: re.Pattern[str] | None = None
    positions: bool = False
    longest: int | None = None

    def takes_fields(self, fields: Mapping[str, str], body: str) -> bool:
        """Tell whether the fields' names are such as the provider knows.

        Where values go by position, each field's place must be known: by its number,
        or by where its placeholder stands in the body.
        """
        if not self.positions:
            return self.field is None or all(map(self.field.fullmatch, fields))
        if any(name.isdecimal() for name in fields):
            return set(fields) == {str(n) for n in range(1, len(fields) + 1)}
        stand = set(placeholders(body))
        return all(stand.intersection(placeholders(text)) for text in fields.values())


# isv.PARAM_LENGTH_LIMIT: a notice's variable has 35 characters at most.
ALIYUN_LONGEST = 35
ALIYUN_SMS_RULES = TemplateRules(ALIYUN_SMS, "SMS_210010104", longest=ALIYUN_LONGEST)
ALIYUN_VOICE_RULES = TemplateRules(ALIYUN_VOICE, "TTS_210010201")
TENCENT_RULES = TemplateRules(TENCENT, "1400123", positions=True)
WEIXIN_RULES = TemplateRules(
    WEIXIN, "tLYfqiByWQ4-s6t0lnyB6LsUAzJIDWhbKfSyutF0scs", WEIXIN_FIELD
)
WEIXIN_MEDICAL_RULES = TemplateRules(WEIXIN_MEDICAL, "1501001")
ALIPAY_RULES = TemplateRules(ALIPAY, "MDI4YzIxMDAxMDEwMQ")


def id_of_form(
    listed: str | None, form: re.Pattern[str], default: str | None
) -> str | None:
    """Return the first id that has this form, or the default where none is listed.

    A template that lists ids, but none of this form, is not filed with this
    provider: None, for the default would say something else.
    """
    if not listed:
        return default
    return next((id for id in listed.split() if form.fullmatch(id)), None)


def required(provider: str, template: str | None) -> str:
    """Return a template's id; Misconfigured where there is none to send with."""
    if not template:
        raise refusal(provider, Misconfigured, code="no-template")
    return template
