"""What a sheet shows of a number, by Excel's formats; what can't be told is refused."""

from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.sheets.number_formats import display_text, shown_text
from core.sheets.number_parts import Unshown

# 2027-01-08 is day 46395 of the 1900 system.
SHOWN = [
    # as it is
    ("13800138000", "General", "13800138000"),
    ("0.1", "General", "0.1"),
    ("0.30000000000000004", "General", "0.3"),
    ("3.14159265358979", "General", "3.141592654"),
    ("-12.50", "General", "-12.5"),
    ("1.38E+10", "General", "13800000000"),
    ("7", "@", "7"),
    ("3", 'General"元"', "3元"),
    ("3", "G/通用格式", "3"),
    # zeros before, decimals, groups, percent, powers
    ("7", "00000", "00007"),
    ("12345678901", "000-0000-0000", "123-4567-8901"),
    ("8333", '"025-"0000', "025-8333"),
    ("2.675", "0.00", "2.68"),
    ("1.005", "0.00", "1.01"),
    ("35", "0.00", "35.00"),
    ("1234567.891", "#,##0.00", "1,234,567.89"),
    ("999.995", "#,##0.00", "1,000.00"),
    ("12345678", '0.0,,"M"', "12.3M"),
    ("0.5", "#.##", ".5"),
    ("5", "0.##", "5."),
    ("0.125", "0%", "13%"),
    ("0.125", "0.0%", "12.5%"),
    ("12345", "0.00E+00", "1.23E+04"),
    ("0.00012", "0.0E+00", "1.2E-04"),
    ("9.999", "0.0E+00", "1.0E+01"),
    # money
    ("1234.5", '"¥"#,##0.00', "¥1,234.50"),
    ("1234.5", "[$¥-804]#,##0.00", "¥1,234.50"),
    ("-1234.5", '"¥"#,##0.00', "-¥1,234.50"),
    (
        "1234.5",
        '_ "¥"* #,##0.00_ ;_ "¥"* -#,##0.00_ ;_ "¥"* "-"??_ ;_ @_ ',
        "¥1,234.50",
    ),
    ("0", '_ "¥"* #,##0.00_ ;_ "¥"* -#,##0.00_ ;_ "¥"* "-"??_ ;_ @_ ', "¥-"),
    # sections, colours, conditions
    ("-1234", "#,##0_);(#,##0)", "(1,234)"),
    ("-5", "0.0;[Red]0.0", "5.0"),
    ("-5", "0.0;[红色]-0.0", "-5.0"),
    ("0", '0;-0;"无"', "无"),
    ("1", '[=1]"男";[=2]"女";0', "男"),
    ("2", '[=1]"男";[=2]"女";0', "女"),
    ("3", '[=1]"男";[=2]"女";0', "3"),
    ("83304616", "[<=99999999]0000-0000;(000) 0000-0000", "8330-4616"),
    # dates
    ("46395", "yyyy-mm-dd", "2027-01-08"),
    ("46395.9", "yyyy-mm-dd", "2027-01-08"),
    ("46395", "yyyy/m/d", "2027/1/8"),
    ("46395", 'yyyy"年"m"月"d"日"', "2027年1月8日"),
    ("46395", "yyyy年m月d日", "2027年1月8日"),
    ("46395", '[$-804]yyyy"年"m"月"d"日"dddd;@', "2027年1月8日星期五"),
    ("46395", "yyyy\\-mm\\-dd\\ aaaa", "2027-01-08 星期五"),
    ("46395", "[$-F800]dddd, mmmm dd, yyyy", "2027年1月8日"),
    ("46395", "d-mmm-yy", "8-Jan-27"),
    ("46395", "[$-409]mmmm d, yyyy", "January 8, 2027"),
    ("46395", "[$-804]mmm", "1月"),
    ("46395", "dd.mm.yy", "08.01.27"),
    ("61", "yyyy-mm-dd", "1900-03-01"),
    ("59", "yyyy-mm-dd", "1900-02-28"),
    # times and durations
    ("0.395833333333333", "h:mm", "9:30"),
    ("0.395833333333333", "hh:mm:ss", "09:30:00"),
    ("46395.604166666664", "yyyy-mm-dd hh:mm", "2027-01-08 14:30"),
    ("0.604166666666667", "h:mm AM/PM", "2:30 PM"),
    ("0.604166666666667", "[$-804]AM/PM h:mm", "下午 2:30"),
    ("0.604166666666667", '上午/下午h"时"mm"分"', "下午2时30分"),
    ("0", "h:mm AM/PM", "12:00 AM"),
    ("0.5", "h:mm A/P", "12:00 P"),
    ("1.25347222222222", "[h]:mm", "30:05"),
    ("1.25347222222222", "[mm]:ss", "1805:00"),
    ("0.0000144675925925926", "mm:ss.00", "00:01.25"),
    ("0.999994", "hh:mm:ss", "23:59:59"),
    ("46395.9999999", "yyyy-mm-dd hh:mm:ss", "2027-01-09 00:00:00"),
    ("46395", 'm"月"d"日" h"时"', "1月8日 0时"),
]
UNTOLD = [
    ("110105194912310020", "0", "15 digits"),
    ("110105194912310020", "General", "15 digits"),
    ("1.10105194912310E+17", "@", "15 digits"),
    ("123456789012", "General", "shortens"),
    ("0.0000123", "General", "shortens"),
    ("5", ";;;", "hides"),
    ("-5", "0;;0", "hides"),
    ("0", "0;-0;;@", "hides"),
    ("5", '" "', "hides"),
    ("1.5", "# ?/?", "not known"),
    ("46395", "[DBNum1]yyyy年m月d日", "not known"),
    ("46395", "[$-411]ggge年m月d日", "not known"),
    ("46395", "[$-D000409]d/m/yyyy", "not known"),
    ("46395", "[$-40C]d mmmm yyyy", "not known"),
    ("12345", "##0.0E+0", "not known"),
    ("1", "[regional]", "not known"),
    ("1", "0;0;0;0;0", "not known"),
    ("-0.001", "0.00", "not known"),
    ("0", "yyyy-mm-dd", "no date"),
    ("60", "yyyy-mm-dd", "no date"),
    ("-1", "h:mm", "no date"),
    ("2958466", "yyyy-mm-dd", "no date"),
    ("NaN", "0", "no number"),
    ("Infinity", "0", "no number"),
    ("1E+999999999", "0", "no number"),
    ("abc", "0", "no number"),
]


@pytest.mark.parametrize(("raw", "code", "text"), SHOWN)
def test_the_text_that_is_shown(raw: str, code: str, text: str) -> None:
    assert display_text(raw, code).strip() == text


@pytest.mark.parametrize(("raw", "code", "why"), UNTOLD)
def test_what_can_not_be_told_is_refused(raw: str, code: str, why: str) -> None:
    with pytest.raises(Unshown, match=why):
        display_text(raw, code)


def test_days_since_1904() -> None:
    assert display_text("44933", "yyyy-mm-dd", since_1904=True) == "2027-01-08"
    assert display_text("0", "yyyy-mm-dd", since_1904=True) == "1904-01-01"


@pytest.mark.parametrize(
    ("text", "code", "seen"),
    [
        ("李", "General", "李"),
        ("007", "@", "007"),
        ("李", '0;-0;0;"尊敬的"@', "尊敬的李"),
        ("李", "yyyy-mm-dd;@", "李"),
        ("李", '@"先生"', "李先生"),
        ("李", "0.00", "李"),
    ],
)
def test_texts_have_a_section_too(text: str, code: str, seen: str) -> None:
    assert shown_text(text, code) == seen


def test_a_text_may_be_hidden() -> None:
    with pytest.raises(Unshown, match="hides"):
        shown_text("李", ";;;")


@given(st.datetimes(datetime(1900, 3, 1), datetime(9999, 12, 31)))  # noqa: DTZ001
def test_every_moment_to_the_second(moment: datetime) -> None:
    moment = moment.replace(microsecond=0)
    since = moment - datetime(1899, 12, 30)  # noqa: DTZ001
    # As Excel writes it: a double, of which it keeps 15 digits.
    serial = format(since / timedelta(days=1), ".15g")
    text = display_text(serial, "yyyy-mm-dd hh:mm:ss")
    assert text == f"{moment:%Y-%m-%d %H:%M:%S}".zfill(19)


@given(
    st.decimals(-999_999, 999_999, places=4, allow_nan=False, allow_infinity=False),
    st.integers(0, 4),
)
def test_decimals_and_groups_as_python_has_them(number: Decimal, places: int) -> None:
    rounded = abs(number).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    if number < 0 and not rounded:
        return
    decimals = "." + "0" * places if places else ""
    sign = "-" if number < 0 else ""
    assert display_text(str(number), f"#,##0{decimals}") == f"{sign}{rounded:,}"
    assert display_text(str(number), f"0{decimals}") == f"{sign}{rounded}"


@given(st.text(), st.text('0#?.,%yYmdhsE+-/;@[]"\\_*GeneralAP红 ', max_size=12))
def test_nothing_else_is_raised(raw: str, code: str) -> None:
    for value in (raw, "46395.5", "-7"):
        try:
            assert display_text(value, code).strip()
        except Unshown:
            continue
