"""RSA2, Alipay's signature: RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017 section 8.2).

Keys come as PEM (PKCS#1 or PKCS#8) or as their bare base64, as Alipay's key tool
writes them.
"""

import base64
import binascii
import re
from collections.abc import Mapping

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
)

_NOT_BASE64 = re.compile(r"-----[A-Z ]+-----|\s")
_LEAST_BITS = 2048


def private_key(text: str) -> RSAPrivateKey:
    """Return a private key; ValueError, which never repeats it, else."""
    try:
        key = load_der_private_key(_der(text), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ValueError("is not an RSA private key (PKCS#1 or PKCS#8)") from None
    if not isinstance(key, RSAPrivateKey) or key.key_size < _LEAST_BITS:
        raise ValueError(f"is not an RSA private key of {_LEAST_BITS} bits or more")
    return key


def public_key(text: str) -> RSAPublicKey:
    """Return a public key; ValueError else."""
    try:
        key = load_der_public_key(_der(text))
    except (ValueError, UnsupportedAlgorithm):
        raise ValueError("is not an RSA public key") from None
    if not isinstance(key, RSAPublicKey) or key.key_size < _LEAST_BITS:
        raise ValueError(f"is not an RSA public key of {_LEAST_BITS} bits or more")
    return key


def _der(text: str) -> bytes:
    try:
        return base64.b64decode(_NOT_BASE64.sub("", text), validate=True)
    except binascii.Error:
        raise ValueError("is not base64") from None


def public_text(key: RSAPrivateKey) -> str:
    """Return the public half as the bare base64 that Alipay's pages show."""
    public = key.public_key()
    der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode()


def signed_text(params: Mapping[str, str]) -> str:
    """Return what a request's signature covers: sorted, without the empty ones."""
    names = sorted(name for name, value in params.items() if value and name != "sign")
    return "&".join(f"{name}={params[name]}" for name in names)


def sign(key: RSAPrivateKey, text: str) -> str:
    """Return the signature of a text, in base64."""
    return base64.b64encode(key.sign(text.encode(), PKCS1v15(), SHA256())).decode()


def is_signed(key: RSAPublicKey, text: str, signature: str) -> bool:
    """Tell whether a signature is of this text, by this key's private half."""
    try:
        raw = base64.b64decode(signature, validate=True)
        key.verify(raw, text.encode("utf-8", "surrogatepass"), PKCS1v15(), SHA256())
    except (binascii.Error, ValueError, InvalidSignature):
        return False
    return True
