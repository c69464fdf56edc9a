"""Which of a template's ids at several providers is whose.

A hospital files the same text with each provider and gets an id of that
provider's form from each. A template lists them parted by blanks, and a
provider takes the one that has its form: "SMS_210010104 1400123".
"""

import re

from channels.codes import refusal
from core.errors import Misconfigured

ALIYUN_SMS = re.compile(r"SMS_\w+", re.ASCII)
ALIYUN_VOICE = re.compile(r"TTS_\w+", re.ASCII)
TENCENT = re.compile(r"[0-9]{1,12}")


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
