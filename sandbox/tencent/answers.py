"""Answers and checks that Tencent Cloud's products share.

Every answer comes with HTTP 200; a refusal of the whole call is its
`Response.Error`. The media type must be `application/json` to the letter: with
a charset behind it the vendor's asynchronous SDK overlooks the error.
"""

import re
import uuid
from collections.abc import Mapping

import httpx
from starlette.responses import Response

from sandbox.kit.answers import Json, Refusal, json_object

PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
CHINA_MOBILE = re.compile(r"\+861[3-9][0-9]{9}")
APP_ID = re.compile(r"14[0-9]{8}")
TEMPLATE = re.compile(r"[0-9]{1,12}")
# Tencent says nothing about the rhythm; it is taken to be like Aliyun's.
RECEIPT_RETRIES = (1.0, 5.0, 10.0)


def answer(**fields: object) -> Response:
    """Return a Response with these fields."""
    return Json({"Response": {**fields, "RequestId": str(uuid.uuid4())}})


def error(code: str) -> Response:
    """Return the refusal of a whole call."""
    return answer(Error={"Code": code, "Message": f"refused: {code}"})


def refused(code: str) -> Refusal:
    """Return the same, to be raised."""
    return Refusal(error(code))


def params_of(body: bytes, known: frozenset[str]) -> dict[str, object]:
    """Return the parameters of a call: none that the action does not know."""
    params = json_object(body)
    if params is None:
        raise refused("FailedOperation.JsonParseFail")
    if not params.keys() <= known:
        raise refused("UnknownParameter")
    return params


def text(params: Mapping[str, object], name: str) -> str:
    """Return a parameter that must be there and be a text."""
    value = params.get(name)
    if value is None or value == "":
        raise refused("MissingParameter")
    if not isinstance(value, str):
        raise refused("InvalidParameter")
    return value


def texts(params: Mapping[str, object], name: str) -> list[str]:
    """Return a parameter that is a list of texts, empty where it is left out."""
    value = params.get(name, [])
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        raise refused("InvalidParameter")
    return value


def integer(params: Mapping[str, object], name: str) -> int:
    """Return a parameter that must be there and be a whole number."""
    value = params.get(name)
    if value is None:
        raise refused("MissingParameter")
    if isinstance(value, bool) or not isinstance(value, int):
        raise refused("InvalidParameter")
    return value


def receipt_taken(given: httpx.Response) -> bool:
    """Tell whether a receiver's answer is the one Tencent wants: result 0."""
    body = json_object(given.content) or {}
    return given.status_code == 200 and body.get("result") == 0
