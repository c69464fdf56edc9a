"""The warning about clinical values on channels that anybody may read over."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from centre.catalog.clinical import (
    WEAK_PRIVACY,
    clinical_findings,
    names_clinical_value,
)
from centre.seeds.seeds import message_type_data
from core.policies import Template
from core.words import Channel


def words(channel: Channel, body: str, **rest: object) -> list[tuple[str, str]]:
    template = Template.model_validate({"channel": channel, "body": body, **rest})
    return [(found.kind, found.word) for found in clinical_findings(template)]


@pytest.mark.parametrize(
    "name",
    [
        "result",
        "lab_result",
        "criticalValue",
        "value2",
        "diagnosis",
        "检查结果",
        "诊断",
        "危急值数值",
        "HIV",
        "finding_1",
        "Potassium",
    ],
)
def test_names_that_carry_values(name: str) -> None:
    assert names_clinical_value(name)
    assert words(Channel.SMS, "{{" + name + "}}") == [("placeholder", name)]


@pytest.mark.parametrize(
    "name",
    [
        "patient_name",
        "report_time",
        "queue_no",
        "evaluation",
        "resulting",
        "科室",
        "invaluable",
        "item",
        "levelled",
        "就诊序号",
    ],
)
def test_names_that_do_not(name: str) -> None:
    assert not names_clinical_value(name)


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ("您的检查结果为{{x}}", "结果为"),
        ("诊断：高血压", "诊断"),
        ("HBsAg 阳性", "阳性"),
        ("K+ {{x}} mmol/L", "mmol/L"),
        ("Result: {{x}}", "Result:"),
        ("You were diagnosed", "diagnosed"),
    ],
)
def test_texts_that_carry_values(body: str, word: str) -> None:
    assert ("text", word) in words(Channel.WECHAT, body)


def test_telling_that_a_result_is_there_is_no_value() -> None:
    assert (
        words(Channel.SMS, "检查结果已出，请登录查看。Your results can be seen.") == []
    )


def test_fields_and_title_are_read_too() -> None:
    found = words(Channel.WECHAT, "-", title="阴性", fields={"thing1": "{{result}}"})
    assert found == [("placeholder", "result"), ("text", "阴性")]


@given(st.sampled_from(sorted(set(Channel) - WEAK_PRIVACY)), st.text(min_size=1))
def test_channels_inside_the_hospital_may(channel: Channel, text: str) -> None:
    assert words(channel, text + "诊断 {{result}}") == []


def test_what_the_centre_begins_with_is_clean() -> None:
    for kind in message_type_data():
        for channel, content in kind["templates"].items():
            found = words(Channel(channel), **content)
            assert found == [], f"{kind['code']} {channel}"
