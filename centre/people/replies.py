"""What a person answers to a short message: whether it asks for no more of them.

The words are those that carriers and texts in China name: TD, T, R, 退订, 拒收, STOP.
"""

import unicodedata

# The type that says that an opt-out was taken in: it is what the person asked for,
# so no opt-out keeps it back.
CONFIRMATION = "opt-out-confirmation"
_STOP = frozenset({"t", "td", "r", "退订", "退訂", "拒收", "stop", "unsubscribe"})
# How texts ask for them ("回复TD退订"), and people repeat them.
_BEFORE = ("回复", "回復", "回", "")
_AFTER = ("", "退订", "退訂", "拒收", "td")
_THANKS = ("", "谢谢", "謝謝")
_WORDS = frozenset(
    before + word + after + thanks
    for before in _BEFORE
    for word in _STOP
    for after in _AFTER
    for thanks in _THANKS
)


def asks_to_stop(text: str) -> bool:
    """Tell whether a reply is an opt-out, and nothing else.

    Width, case, blanks, punctuation and characters that nobody sees do not count.
    """
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(filter(str.isalnum, plain)) in _WORDS
