"""Answers and checks that Aliyun's products share.

A product's own error comes with HTTP 200 and a Code other than "OK"; only the
gateway answers 4xx.
"""

import re
import uuid
from collections.abc import Mapping

import httpx
from starlette.responses import Response

from sandbox.kit.answers import Json, Refusal, json_object

MOBILE = re.compile(r"(?:(?:\+|00)?86)?1[3-9][0-9]{9}")

_MESSAGES = {
    "isv.MOBILE_NUMBER_ILLEGAL": "手机号码格式错误",
    "isv.MOBILE_COUNT_OVER_LIMIT": "手机号码数量超过限制",
    "isv.SMS_SIGNATURE_ILLEGAL": "短信签名不合法",
    "isv.SMS_TEMPLATE_ILLEGAL": "短信模板不合法",
    "isv.INVALID_JSON_PARAM": "JSON参数不合法，只接受字符串值",
    "isv.PARAM_LENGTH_LIMIT": "参数超过长度限制",
    "isv.PARAM_NOT_SUPPORT_URL": "不支持URL",
    "isv.INVALID_PARAMETERS": "参数异常",
    "isv.SMS_CONTENT_ILLEGAL": "短信内容包含禁止发送内容",
    "isv.CUSTOMER_REFUSED": "用户已退订推广短信",
    "isv.TTS_TEMPLATE_ILLEGAL": "文本转语音模板不合法",
    "isv.TEMPLATE_PARAMS_ILLEGAL": "模板参数不合法",
    "isv.COMPLAINT_REJECT": "被叫号码因投诉而被拦截",
    "isp.SYSTEM_ERROR": "系统错误",
}

_GATEWAY_ERRORS = {
    "IncompleteSignature": (400, "The request signature is incomplete."),
    "InvalidAccessKeyId.NotFound": (404, "Specified access key is not found."),
    "InvalidAction.NotFound": (404, "Specified api is not found."),
    "InvalidTimeStamp.Format": (400, "Specified time stamp is not well formed."),
    "InvalidTimeStamp.Expired": (400, "Specified time stamp is expired."),
    "InvalidVersion": (400, "Specified parameter Version is not valid."),
    "SignatureDoesNotMatch": (400, "Specified signature is not matched."),
    "SignatureNonceUsed": (400, "Specified signature nonce was used already."),
    "Throttling.User": (400, "Request was denied due to user flow control."),
}


def product_error(code: str) -> Response:
    """Return a product's refusal."""
    return Json(
        {
            "Code": code,
            "Message": _MESSAGES[code],
            "RequestId": str(uuid.uuid4()).upper(),
        }
    )


def refused(code: str) -> Refusal:
    """Return the same, to be raised."""
    return Refusal(product_error(code))


def gateway_error(code: str, host: str = "sandbox") -> Response:
    """Return one of the gateway's own errors."""
    status, message = _GATEWAY_ERRORS[code]
    return _gateway_answer(code, message, status, host)


def _gateway_answer(code: str, message: str, status: int, host: str) -> Response:
    return Json(
        {
            "RequestId": str(uuid.uuid4()).upper(),
            "HostId": host,
            "Code": code,
            "Message": message,
        },
        status_code=status,
    )


def ok(**fields: object) -> Response:
    """Return a product's yes."""
    return Json(
        {
            "Code": "OK",
            "Message": "OK",
            "RequestId": str(uuid.uuid4()).upper(),
            **fields,
        }
    )


def required(params: Mapping[str, str], *names: str) -> list[str]:
    """Return these parameters; the gateway refuses a call without them."""
    for name in names:
        if not params.get(name):
            message = f"{name} is mandatory for this action."
            raise Refusal(_gateway_answer(f"Missing{name}", message, 400, "sandbox"))
    return [params[name] for name in names]


def variables(text: str | None) -> dict[str, str]:
    """Return a template's variables: a JSON object of strings."""
    if not text:
        return {}
    values = json_object(text)
    if values is None:
        raise refused("isv.INVALID_JSON_PARAM")
    strings = {k: v for k, v in values.items() if isinstance(v, str)}
    if len(strings) < len(values):
        raise refused("isv.INVALID_JSON_PARAM")
    return strings


def receipt_taken(answer: httpx.Response) -> bool:
    """Tell whether a receiver's answer is the one Aliyun wants: a number as code."""
    if answer.status_code != 200:
        return False
    body = json_object(answer.content) or {}
    return isinstance(body.get("code"), int)


# After one, five and ten minutes, then given up (document_detail/101867).
RECEIPT_RETRIES = (1.0, 5.0, 10.0)
