"""Templates: one pass, one kind of placeholder, bounded time."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.text.templating import placeholders, render

names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,20}", fullmatch=True)
# Texts rich in what could be taken for a template.
braces = st.text(st.sampled_from("{}ab_ %$1\n")) | st.text()


def test_values_stand_where_their_names_stood() -> None:
    text = "{{name}}，您预约的{{exam}}已确认。{{name}}"
    values = {"name": "张三", "exam": "CT"}
    assert render(text, values) == "张三，您预约的CT已确认。张三"


def test_chinese_names_are_placeholders_too() -> None:
    assert placeholders("{{姓名}}，{{科室_2}}") == ["姓名", "科室_2"]
    assert render("{{姓名}}", {"姓名": "张三"}) == "张三"


@given(names, names, braces)
def test_a_value_is_never_a_template(name: str, other: str, value: str) -> None:
    recursive = f"{{{{{other}}}}}{value}"
    values = {name: recursive}
    assert render(f"<{{{{{name}}}}}>", values) == f"<{recursive}>"


def test_values_that_name_each_other_are_not_expanded() -> None:
    values = {"a": "{{b}}", "b": "{{a}}"}
    assert render("{{a}}{{b}}", values) == "{{b}}{{a}}"
    assert render("{{a}}", {"a": r"\1\g<0>"}) == r"\1\g<0>"


@pytest.mark.parametrize(
    "text",
    [
        "{{7*7}}",
        "{{ name }}",
        "{{name}",
        "{name}",
        "${name}",
        "{%print(1)%}",
        "{{''.__class__.__mro__}}",
        "{{config.items()}}",
        "{{'a'*10**9}}",
        "{{1name}}",
        "{{}}",
        "{{name|upper}}",
        "#{7*7}",
        "<%= 7*7 %>",
        "%(name)s %s {0}",
        "{{" + "a" * 65 + "}}",
    ],
)
def test_everything_else_stays_literal(text: str) -> None:
    assert placeholders(text) == []
    assert render(text, {"name": "x", "7*7": "49"}) == text


def test_surplus_braces_stay() -> None:
    assert render("{{{name}}}", {"name": "x"}) == "{x}"


@given(st.lists(st.tuples(braces, names)))
def test_names_come_once_in_order_and_all_are_filled(
    parts: list[tuple[str, str]],
) -> None:
    text = "".join(f"{before}{{{{{name}}}}}" for before, name in parts)
    found = placeholders(text)
    assert len(found) == len(set(found))
    assert {name for _, name in parts} <= set(found)
    filled = render(text, dict.fromkeys(found, ""))
    assert len(filled) <= len(text)


@given(braces)
def test_a_text_without_placeholders_is_its_own_rendering(text: str) -> None:
    if not placeholders(text):
        assert render(text, {}) == text


def test_a_missing_value_is_an_error_and_not_a_gap() -> None:
    with pytest.raises(KeyError):
        render("{{name}}", {})


@pytest.mark.parametrize(
    "text",
    ["{" * 200_000, "{{a" * 70_000, "{{" + "a" * 200_000, "{{a}}" * 40_000],
    ids=["braces", "unclosed", "endless name", "many"],
)
def test_time_is_bounded(text: str) -> None:
    # In the process's own time: what others do here meanwhile does not count.
    began = time.process_time()
    render(text, {"a": "x"})
    assert time.process_time() - began < 2
