"""Every code of Alipay's: what class of error it means, and how long to wait."""

import pytest

from channels.alipay.api import CODES
from core.errors import (
    ContentRefused,
    DeliveryError,
    Misconfigured,
    OutcomeUnknown,
    RateLimited,
    RecipientRefused,
)
from tests.support.channels.alipay import no, refused
from tests.support.channels.fakes import Row, each

# Code as it comes (gateway's code and sub_code), class, seconds to wait.
TABLE: list[Row] = [
    *each("20000 20000/isp.unknow-error 20000/aop.unknow-error", OutcomeUnknown),
    *each("40004/ACQ.SYSTEM_ERROR", OutcomeUnknown),
    *each("20001 20001/aop.invalid-auth-token", Misconfigured),
    *each("20001/aop.auth-token-time-out", Misconfigured),
    *each("20001/aop.invalid-app-auth-token", Misconfigured),
    *each("20001/aop.invalid-app-auth-token-no-api", Misconfigured),
    *each("20001/aop.app-auth-token-time-out", Misconfigured),
    *each("20001/aop.no-product-reg-by-partner", Misconfigured),
    *each("40001/isv.missing-signature 40001/isv.missing-app-id", Misconfigured),
    *each("40001/isv.missing-method 40001/isv.missing-timestamp", Misconfigured),
    *each("40001/isv.missing-signature-key", Misconfigured),
    *each("40002 40002/isv.invalid-signature 40002/isv.invalid-app-id", Misconfigured),
    *each("40002/isv.invalid-method 40002/isv.invalid-timestamp", Misconfigured),
    *each("40002/isv.invalid-signature-type 40002/isv.invalid-charset", Misconfigured),
    *each("40002/isv.invalid-format 40002/isv.invalid-encoding", Misconfigured),
    *each("40006 40006/isv.insufficient-isv-permissions", Misconfigured),
    *each("40006/isv.insufficient-user-permissions", Misconfigured),
    *each("40004/USER_TEMPLATE_ILLEGAL 40004/isv.USER_TEMPLATE_ILLEGAL", Misconfigured),
    *each("40004/FORM_ID_NOT_MATCH_APPID 40004/TEMPLATE_ID_IS_BLANK", Misconfigured),
    *each("40005 40005/isv.app-call-limited", RateLimited, 60),
    *each("40005/isv.method-call-limited", RateLimited, 60),
    *each("40004/FORM_ID_OVER_TIME 40004/USER_INFO_NOT_EXIST", RecipientRefused),
    *each("40004/TRADE_NO_NOT_MATCH_USERID", RecipientRefused),
    *each("40001 40004 40002/isv.invalid-parameter", ContentRefused),
    *each("40004/USER_TEMPLATE_LACK_KEYWORD", ContentRefused),
    *each("40004/USER_KEYWORD_LENGTH_ERROR 40004/NOBODY_KNOWS", ContentRefused),
    *each("49999", ContentRefused),
]


@pytest.mark.parametrize(("answered", "error", "wait"), TABLE)
async def test_codes(
    answered: str, error: type[DeliveryError], wait: float | None
) -> None:
    code, _, sub_code = answered.partition("/")
    raised = await refused(no(code, sub_code))
    assert type(raised) is error
    assert raised.code in (code, sub_code, sub_code.removeprefix("isv."))
    assert (raised.retry_after and raised.retry_after.total_seconds()) == wait


async def test_the_code_kept_is_the_more_telling_one() -> None:
    assert (await refused(no("40004", "isv.USER_TEMPLATE_ILLEGAL"))).code == (
        "USER_TEMPLATE_ILLEGAL"
    )
    assert (await refused(no("40004", "NOBODY_KNOWS"))).code == "NOBODY_KNOWS"
    assert (await refused(no("40002", "isv.unheard-of"))).code == "40002"


def test_every_listed_code_is_tried() -> None:
    tried = {part for answered, *_ in TABLE for part in answered.split("/")}
    assert set(CODES.classes) <= tried
