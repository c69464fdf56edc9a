"""What each of Alipay's message methods wants in its biz_content.

Names: the vendor's SDK, alipay/aop/api/domain; limits and sub_codes: AlipayDocs'
open-docs on the mini program's template messages.
"""

import re
from collections.abc import Callable, Mapping

from sandbox.kit.answers import json_object

Content = Mapping[str, object]
_USER = re.compile(r"2088[0-9]{12}")
_LONGEST = 50


class MethodError(Exception):
    """A call is refused, with the gateway's code and what lies behind it."""

    def __init__(self, sub_code: str, code: str = "40004") -> None:
        super().__init__(sub_code)
        self.code, self.sub_code = code, sub_code


def _text(content: Content, name: str, sub_code: str) -> str:
    value = content.get(name)
    if not isinstance(value, str) or not value:
        raise MethodError(sub_code)
    return value


def _recipient(content: Content, user: str, open_id: str) -> str:
    """Return whom it is for: a user id of 16 digits, or an open id."""
    to, other = content.get(user), content.get(open_id)
    if isinstance(to, str) and _USER.fullmatch(to):
        return to
    if to is None and isinstance(other, str) and 0 < len(other) <= 128:
        return other
    raise MethodError("USER_INFO_NOT_EXIST")


def _words(words: object) -> None:
    """Check `{"keyword1": {"value": …}}`."""
    if not isinstance(words, dict) or not words:
        raise MethodError("USER_TEMPLATE_LACK_KEYWORD")
    for holder in words.values():
        value = holder.get("value") if isinstance(holder, dict) else None
        if not isinstance(value, str):
            raise MethodError("USER_TEMPLATE_LACK_KEYWORD")
        if len(value) > _LONGEST:
            raise MethodError("USER_KEYWORD_LENGTH_ERROR")


def _mini(content: Content) -> str:
    """alipay.open.app.mini.templatemessage.send; `data` is JSON in a string."""
    recipient = _recipient(content, "to_user_id", "to_open_id")
    _text(content, "user_template_id", "TEMPLATE_ID_IS_BLANK")
    if not isinstance(content.get("page"), str):
        raise MethodError("isv.invalid-parameter", "40002")
    data = content.get("data")
    _words(json_object(data) if isinstance(data, str) else None)
    return recipient


def _life(content: Content) -> str:
    """alipay.open.public.message.single.send; the words lie in the context."""
    recipient = _recipient(content, "to_user_id", "to_open_id")
    template = content.get("template")
    if not isinstance(template, dict):
        raise MethodError("TEMPLATE_ID_IS_BLANK")
    _text(template, "template_id", "TEMPLATE_ID_IS_BLANK")
    context = template.get("context")
    if not isinstance(context, dict):
        raise MethodError("USER_TEMPLATE_LACK_KEYWORD")
    _words({k: v for k, v in context.items() if isinstance(v, dict)})
    return recipient


def _medical(content: Content, recipient: str) -> str:
    _text(content, "template_code", "TEMPLATE_ID_IS_BLANK")
    words = content.get("msg_arg_list")
    if not isinstance(words, list) or not words:
        raise MethodError("USER_TEMPLATE_LACK_KEYWORD")
    for word in words:
        pair = (word.get("key"), word.get("value")) if isinstance(word, dict) else ()
        if len(pair) != 2 or not all(isinstance(part, str) and part for part in pair):
            raise MethodError("USER_TEMPLATE_LACK_KEYWORD")
        if len(str(pair[1])) > _LONGEST:
            raise MethodError("USER_KEYWORD_LENGTH_ERROR")
    _text(content, "out_msg_id", "isv.invalid-parameter")
    return recipient


def _subscribed(content: Content) -> str:
    """alipay.commerce.medical.subscribemsg.send."""
    return _medical(content, _recipient(content, "to_user_id", "to_open_id"))


def _direct(content: Content) -> str:
    """alipay.commerce.medical.nosubscribe.msg.send; a card number does as well."""
    card, kind = content.get("user_card_no"), content.get("user_card_type")
    if isinstance(card, str) and card and isinstance(kind, str) and kind:
        return _medical(content, card)
    return _medical(content, _recipient(content, "alipay_user_id", "alipay_open_id"))


METHODS: Mapping[str, Callable[[Content], str]] = {
    "alipay.open.app.mini.templatemessage.send": _mini,
    "alipay.open.public.message.single.send": _life,
    "alipay.commerce.medical.subscribemsg.send": _subscribed,
    "alipay.commerce.medical.nosubscribe.msg.send": _direct,
}
