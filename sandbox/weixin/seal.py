"""Events encrypted as WeChat does in its safe mode, and WeCom always.

developers.weixin.qq.com "Message encryption", developer.work.weixin.qq.com 90968:
AES-256-CBC of 16 random bytes, the length, the content and the app's id, padded to
32 bytes; the signature covers what was encrypted.
"""

import base64
import secrets
import struct
from dataclasses import replace
from types import MappingProxyType

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from core.sandbox_keys import AES_KEY
from core.words import Channel
from sandbox.kit.receipts import Push
from sandbox.weixin.events import cdata, signature

# The sandbox's app of each channel.
OWNERS = MappingProxyType(
    {
        Channel.WECHAT: "sandbox",
        Channel.WECHAT_MINI: "sandbox-mini",
        Channel.WECOM: "sandbox",
    }
)
_BLOCK = 32


def sealed(push: Push, channel: Channel, token: str) -> Push:
    """Return a push with its content encrypted, and signed over that."""
    box = encrypted(push.content, OWNERS[channel])
    proof = {name: push.params[name] for name in ("timestamp", "nonce")}
    signed = {"msg_signature": signature(token, *proof.values(), box)}
    if channel is not Channel.WECOM:
        signed |= {**push.params, "encrypt_type": "aes"}
    content = (
        f"<xml><ToUserName>{cdata(OWNERS[channel])}</ToUserName>"
        f"<Encrypt>{cdata(box)}</Encrypt></xml>"
    )
    return replace(push, content=content.encode(), params={**proof, **signed})


def encrypted(content: bytes, owner: str) -> str:
    """Return a content encrypted for an app, in base64."""
    plain = secrets.token_bytes(16) + struct.pack(">I", len(content))
    plain += content + owner.encode()
    room = _BLOCK - len(plain) % _BLOCK
    key = base64.b64decode(AES_KEY + "=")
    writer = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    box = writer.update(plain + bytes([room]) * room) + writer.finalize()
    return base64.b64encode(box).decode()
