"""What Aliyun's codes mean: of short messages, of calls, and of their ends.

Sources: help.aliyun.com 101346 and 101347 (short messages), 178344 (calls),
55085 (how calls end).
"""

import dataclasses
from collections.abc import Mapping
from datetime import datetime

from channels.aliyun.api import AliyunReply
from channels.kit.address_codes import says
from channels.kit.carriers import GONE as GONE_AT_CARRIERS
from channels.kit.carriers import SAYS as CARRIERS_SAY
from channels.kit.codes import CodeTable, classes, refusal
from channels.kit.times import (
    Pause,
    after,
    until_hour,
    until_midnight,
    until_next_month,
)
from core.errors import (
    ContentRefused,
    Misconfigured,
    OutcomeUnknown,
    ProviderDown,
    RateLimited,
    RecipientRefused,
)
from core.words import State

BUSINESS_LIMIT = "isv.BUSINESS_LIMIT_CONTROL"

# Codes that begin with "isp." are Aliyun's own trouble, listed or not. Any other
# unlisted one is an answer, so nothing was sent; it stops this message only,
# and the next channel is tried.
SMS = CodeTable(
    provider="aliyun",
    classes=classes(
        {
            ProviderDown: "isp.SYSTEM_ERROR isp.GATEWAY_ERROR InternalError",
            RateLimited: (
                "Throttling Throttling.User isv.BUSINESS_LIMIT_CONTROL "
                "isv.DAY_LIMIT_CONTROL isv.MONTH_LIMIT_CONTROL"
            ),
            RecipientRefused: "isv.MOBILE_NUMBER_ILLEGAL isv.CUSTOMER_REFUSED",
            # BLACK_KEY: sources disagree whether a word or a number is meant.
            ContentRefused: (
                "isv.BLACK_KEY_CONTROL_LIMIT "
                "isv.TEMPLATE_MISSING_PARAMETERS isv.TEMPLATE_PARAMS_ILLEGAL "
                "isv.INVALID_JSON_PARAM isv.PARAM_LENGTH_LIMIT "
                "isv.PARAM_NOT_SUPPORT_URL isv.SMS_CONTENT_ILLEGAL "
                "isv.UNSUPPORTED_CONTENT isv.SMS_CONTENT_MISMATCH_TEMPLATE_TYPE "
                "isv.INVALID_PARAMETERS isv.MOBILE_COUNT_OVER_LIMIT"
            ),
            Misconfigured: (
                "isv.SMS_TEMPLATE_ILLEGAL isv.SMS_SIGNATURE_ILLEGAL "
                "isv.SMS_SIGN_ILLEGAL isv.SIGN_STATE_ILLEGAL isv.SIGN_NAME_ILLEGAL "
                "isv.SMS_SIGNATURE_SCENE_ILLEGAL isv.EXTEND_CODE_ERROR "
                "isv.DOMESTIC_NUMBER_NOT_SUPPORTED "
                "isv.AMOUNT_NOT_ENOUGH isv.OUT_OF_SERVICE isv.PRODUCT_UN_SUBSCRIPT "
                "isv.PRODUCT_UNSUBSCRIBE isv.ACCOUNT_NOT_EXISTS isv.ACCOUNT_ABNORMAL "
                "isp.RAM_PERMISSION_DENY isv.DENY_IP_RANGE SignatureDoesNotMatch "
                "InvalidAccessKeyId.NotFound InvalidAction.NotFound InvalidVersion "
                "InvalidTimeStamp.Expired"
            ),
            # Our one request came to them twice: the first may have been taken.
            OutcomeUnknown: "SignatureNonceUsed",
        }
    ),
    prefixes={
        "isp.": ProviderDown,
        "Throttling.": RateLimited,
        "ServiceUnavailable": ProviderDown,
        "InvalidAccessKeyId": Misconfigured,
        "Forbidden": Misconfigured,
    },
    unknown=ContentRefused,
    pauses={
        "Throttling": after(seconds=5),
        "Throttling.User": after(seconds=5),
        "isv.DAY_LIMIT_CONTROL": until_midnight,
        "isv.MONTH_LIMIT_CONTROL": until_next_month,
    },
)

# What the carriers say about one that was taken. A phone that is off, or that
# no route led to, was not reached either: the next channel's turn.
CARRIERS = CodeTable(
    provider="aliyun",
    classes=classes(
        {
            RecipientRefused: (
                "MOBILE_NOT_ON_SERVICE INVALID_NUMBER MOBILE_IN_BLACK UNDELIV REJECTD "
                "IS_CLOSE NO_ROUTE EXPIRED"
            ),
            RateLimited: "MOBILE_SEND_LIMIT",
            ContentRefused: "CONTENT_KEYWORD",
        }
    ),
    unknown=RecipientRefused,
    pauses={"MOBILE_SEND_LIMIT": until_midnight},
)

# Of these, what speaks of the number itself; the carriers' own codes pass through.
GONE_NUMBERS = GONE_AT_CARRIERS | {
    "MOBILE_NOT_ON_SERVICE",
    "INVALID_NUMBER",
    "MOBILE_IN_BLACK",
}

# What its own codes and the carriers' say of a number.
SMS_SAYS = {
    **CARRIERS_SAY,
    **says(
        {
            State.BLOCKED: "isv.CUSTOMER_REFUSED MOBILE_IN_BLACK",
            State.INVALID: (
                "isv.MOBILE_NUMBER_ILLEGAL MOBILE_NOT_ON_SERVICE INVALID_NUMBER"
            ),
        }
    ),
}

# BUSINESS_LIMIT_CONTROL says in its text which limit of the number was met:
# 触发分钟级流控Permits:1, 小时级, 天级.
TIERS: Mapping[str, Pause] = {
    "分钟级": after(minutes=1),
    "小时级": after(hours=1),
    "天级": until_midnight,
}

# Calls share the gateway's codes and most of the rest with short messages.
VOICE = dataclasses.replace(
    SMS,
    classes=SMS.classes
    | classes(
        {
            ProviderDown: "isv.VOICE_CALL_FAIL",
            RateLimited: "isv.VOICE_ROBOT_NOT_PERIOD isv.VOICE_CALL_PERIOD_ERROR",
            RecipientRefused: "isv.COMPLAINT_REJECT",
            Misconfigured: (
                "isv.TTS_TEMPLATE_ILLEGAL isv.TEMPLATE_ILLEGAL "
                "isv.DISPLAY_NUMBER_ILLEGAL isv.BILLID_NOT_EXIST"
            ),
        }
    ),
    # Nobody says when the period begins: nine o'clock is inside every known one.
    pauses={
        **SMS.pauses,
        "isv.VOICE_ROBOT_NOT_PERIOD": until_hour(9),
        "isv.VOICE_CALL_PERIOD_ERROR": until_hour(9),
    },
)

# How a call ended in which somebody answered: heard to the end, hung up before
# it, pressed no key in time.
ANSWERED = frozenset({"200000", "200001", "200008"})
# So begin the states of calls between two people, those not listed here.
TWO_PARTIES = "2001"
# The number is no number, or out of service.
GONE = frozenset({"200004", "200011", "482"})
VOICE_SAYS = says(
    {
        State.BLOCKED: "isv.COMPLAINT_REJECT",
        State.INVALID: " ".join(("isv.MOBILE_NUMBER_ILLEGAL", *sorted(GONE))),
    }
)

# How a call ended that did not reach the person. One that was busy, off, or did
# not answer is the next channel's turn: to call again at once only annoys.
CALLS = CodeTable(
    provider="aliyun",
    classes=classes(
        {
            RecipientRefused: ("200002 200003 200004 200005 200007 200010 200011 482"),
            Misconfigured: "200006 200117 200118 200119 476",
            RateLimited: "200121 400",
            ProviderDown: "500 999999",
        }
    ),
    unknown=RecipientRefused,
    pauses={"200121": after(seconds=30), "400": after(seconds=30)},
)


def raise_over_limit(reply: AliyunReply, now: datetime) -> None:
    """Raise RateLimited for a limit of the number, until its period ends."""
    if reply.code != BUSINESS_LIMIT:
        return
    message = reply.text("Message")
    pauses = (pause for tier, pause in TIERS.items() if tier in message)
    pause = next(pauses, after(hours=1))
    raise refusal(SMS.provider, RateLimited, code=reply.code, pause=pause, now=now)
