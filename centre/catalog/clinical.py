"""Whether a template would carry clinical values over a channel of weak privacy.

A short message or a service account's card is read on a locked screen, by a
family member or by a previous owner of the number. Patients get thin texts and
a link that asks who they are (PIPL article 28, sensitive personal information;
the paper's critical values name bed and item only). This warns; it refuses
nothing: a hospital may decide otherwise.
"""

import re
from collections.abc import Iterator
from typing import Literal

from core.base import Model
from core.policies import Template
from core.text.templating import placeholders
from core.words import Channel

WEAK_PRIVACY = frozenset(
    {
        Channel.SMS,
        Channel.WECHAT,
        Channel.WECHAT_MINI,
        Channel.WECHAT_MEDICAL,
        Channel.VOICE,
    }
)

# Whole words of a placeholder's name, split at underscores, digits and capitals.
_NAME_WORDS = frozenset(
    {
        *("result", "results", "value", "values", "reading", "readings"),
        *("diagnosis", "diagnoses", "finding", "findings", "impression"),
        *("conclusion", "pathology", "positive", "negative", "dose", "hiv"),
        *("glucose", "potassium", "haemoglobin", "hemoglobin", "creatinine"),
    }
)
# What a Chinese name or text holds when it carries a finding. 结果 alone is
# common in texts that only say that one can be looked at, so a text needs more.
_CHINESE_NAMES = (
    "结果",
    "诊断",
    "数值",
    "结论",
    "检验值",
    "测值",
    "病理",
    "病情",
    "所见",
    "阳性",
)
_TEXT = re.compile(
    r"诊断|确诊|数值|测值|病理|阳性|阴性|结果(?:为|是|:|：|偏)|参考范围"
    r"|(?i:\b(?:diagnos(?:is|ed)|positive|negative)\b|\bresults?\s*(?:is\b|are\b|:))"
    r"|(?i:\b[mµμun]?mol/L\b|\b[mµμn]?g/d?L\b|\bmmHg\b|×10\^?9/L)"
)
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


class ClinicalFinding(Model):
    """A placeholder, or a piece of text, that seems to carry clinical values."""

    kind: Literal["placeholder", "text"]
    word: str


def clinical_findings(template: Template) -> tuple[ClinicalFinding, ...]:
    """Return what a template's channel should not carry; nothing where it may."""
    if template.channel not in WEAK_PRIVACY:
        return ()
    text = "\n".join([template.title, template.body, *template.fields.values()])
    return tuple(_findings(text))


def _findings(text: str) -> Iterator[ClinicalFinding]:
    names = placeholders(text)
    for name in names:
        if names_clinical_value(name):
            yield ClinicalFinding(kind="placeholder", word=name)
    for name in names:
        text = text.replace("{{" + name + "}}", " ")
    for word in dict.fromkeys(found[0] for found in _TEXT.finditer(text)):
        yield ClinicalFinding(kind="text", word=word)


def names_clinical_value(name: str) -> bool:
    """Tell whether a placeholder's name sounds like a result or a diagnosis."""
    words = {word.lower() for word in _WORD.findall(name)}
    return bool(words & _NAME_WORDS) or any(c in name for c in _CHINESE_NAMES)
