"""How WeChat and WeCom sign and encrypt what they report.

developers.weixin.qq.com "Message encryption": SHA-1 over the sorted parts;
AES-256-CBC, its IV the key's first half, blocks padded to 32 bytes; the plain
text is 16 random bytes, the length (4 bytes, big-endian), the content and the
app's id. SHA-1 is theirs to choose: nothing rests on its strength but what they
rest on it themselves.
"""

import base64
import binascii
import hashlib
import hmac
import struct
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from channels.receipts import Inbound, ReceiptKeys
from core.errors import Forged

CLOCK_SKEW = timedelta(minutes=5)
_RANDOM, _LENGTH, _BLOCK = 16, 4, 32


def sign(*parts: str) -> str:
    """Return the signature of some parts, in any order."""
    text = "".join(sorted(parts))
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


class WeixinSeal:
    """One app's token and key; `owner` is its appid or corpid."""

    def __init__(self, keys: ReceiptKeys, owner: str) -> None:
        self._token = keys.token.get_secret_value()
        aes_key = keys.aes_key.get_secret_value()
        self._key = base64.b64decode(aes_key + "=")
        self._owner = owner.encode()

    def check(self, call: Inbound, name: str, now: datetime, *more: str) -> None:
        """Raise Forged unless the query's signature `name` is right and fresh."""
        timestamp, nonce = (call.query.get(k, "") for k in ("timestamp", "nonce"))
        right = sign(self._token, timestamp, nonce, *more)
        if not hmac.compare_digest(call.query.get(name, "").encode(), right.encode()):
            raise Forged("The signature is not right.")
        fits = timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12
        if not fits or abs(now.timestamp() - int(timestamp)) > CLOCK_SKEW.seconds:
            raise Forged("The timestamp is too old.")

    def open(self, sealed: str) -> bytes:
        """Return the content; Forged where the key or the app is another."""
        try:
            box = base64.b64decode(sealed, validate=True)
            cipher = Cipher(algorithms.AES(self._key), modes.CBC(self._key[:16]))
            reader = cipher.decryptor()
            plain = reader.update(box) + reader.finalize()
            padding = plain[-1]
        except (binascii.Error, ValueError, IndexError):
            raise Forged("The content can't be decrypted.") from None
        if not 1 <= padding <= _BLOCK:
            raise Forged("The content can't be decrypted.")
        return self._content(plain[_RANDOM:-padding])

    def _content(self, plain: bytes) -> bytes:
        if len(plain) < _LENGTH:
            raise Forged("The content can't be decrypted.")
        (length,) = struct.unpack(">I", plain[:_LENGTH])
        content, owner = plain[_LENGTH:][:length], plain[_LENGTH + length :]
        if not hmac.compare_digest(owner, self._owner):
            raise Forged("The content is another app's.")
        return content
