"""What Temporal stores is encrypted, except the summaries written for operators."""

import dataclasses
from collections.abc import Sequence
from functools import cache
from typing import Any

from temporalio.api.common.v1 import Payload
from temporalio.contrib.pydantic import (
    PydanticPayloadConverter,
    pydantic_data_converter,
)
from temporalio.converter import (
    CompositePayloadConverter,
    DataConverter,
    DefaultFailureConverterWithEncodedAttributes,
    EncodingPayloadConverter,
    PayloadCodec,
)

from core.crypto import Keyring

_ENCRYPTED = b"binary/encrypted"
_CONTEXT = b"temporal"
_CLEAR = "clear"


class Summary(str):
    """A text for the Web UI that stays readable: ids and codes, never a person."""

    __slots__ = ()


@cache
def _converters() -> tuple[EncodingPayloadConverter, ...]:
    """Return what all workflows share: they keep the adapters of our models.

    The SDK makes a converter for each workflow and each of its activations.
    """
    return tuple(PydanticPayloadConverter().converters.values())


class SummaryPayloadConverter(CompositePayloadConverter):
    """Marks summaries, so that the codec leaves them alone."""

    def __init__(self) -> None:
        super().__init__(*_converters())

    def to_payloads(self, values: Sequence[Any]) -> list[Payload]:
        payloads = super().to_payloads(values)
        for value, payload in zip(values, payloads, strict=True):
            if isinstance(value, Summary):
                payload.metadata[_CLEAR] = b"1"
        return payloads


class EncryptionCodec(PayloadCodec):
    """AES-256-GCM over each payload; the key's name travels beside it."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [p if _CLEAR in p.metadata else self._seal(p) for p in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [self._unseal(payload) for payload in payloads]

    def _seal(self, payload: Payload) -> Payload:
        key, sealed = self._keyring.seal(payload.SerializeToString(), _CONTEXT)
        metadata = {"encoding": _ENCRYPTED, "encryption-key-id": key.encode()}
        return Payload(metadata=metadata, data=sealed)

    def _unseal(self, payload: Payload) -> Payload:
        if not is_sealed(payload):
            return payload
        key = payload.metadata["encryption-key-id"].decode()
        plain = self._keyring.unseal(key, payload.data, _CONTEXT)
        return Payload.FromString(plain)


def is_sealed(payload: Payload) -> bool:
    """Tell whether a payload can be read with the centre's keys only."""
    return payload.metadata.get("encoding") == _ENCRYPTED


def data_converter(keyring: Keyring) -> DataConverter:
    """Return the converter that API, workers and tools must share."""
    return dataclasses.replace(
        pydantic_data_converter,
        payload_converter_class=SummaryPayloadConverter,
        payload_codec=EncryptionCodec(keyring),
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
    )
