"""What Temporal stores: encrypted, save the summaries written for operators."""

import json
from uuid import UUID

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.exceptions import ApplicationError

from core.codec import EncryptionCodec, Summary, data_converter
from core.crypto import Keyring
from core.models import Acknowledgement, Cancel, Recipient, delivery_id
from core.words import Channel, IdentityType

OLD = Keyring({"k1": b"1" * 32}, "k1", index_key=b"i" * 32, token_key=b"t" * 32)
NEW = Keyring({**OLD.keys, "k2": b"2" * 32}, "k2", b"i" * 32, b"t" * 32)
PERSON = Recipient(
    identities={IdentityType.MOBILE: "+8613812345678"}, name="张三MARKER"
)


async def test_a_payload_is_encrypted_and_comes_back() -> None:
    converter = data_converter(OLD)
    (payload,) = await converter.encode([PERSON])
    assert payload.metadata["encoding"] == b"binary/encrypted"
    assert payload.metadata["encryption-key-id"] == b"k1"
    stored = payload.SerializeToString()
    for secret in ("MARKER", "张三", "13812345678", "mobile"):
        assert secret.encode() not in stored
    assert await converter.decode([payload], [Recipient]) == [PERSON]


async def test_equal_values_do_not_look_equal() -> None:
    one, other = await data_converter(OLD).encode(["same", "same"])
    assert one.data != other.data


async def test_several_values_keep_their_order_and_types() -> None:
    converter = data_converter(OLD)
    values = [PERSON, Summary("deliver sms"), UUID(int=3), None, Cancel(by="his")]
    kinds: list[type] = [Recipient, str, UUID, type(None), Cancel]
    assert await converter.decode(await converter.encode(values), kinds) == values


async def test_a_summary_stays_readable_and_plain_text_does_not() -> None:
    converter = data_converter(OLD)
    (summary,) = await converter.encode([Summary("deliver sms")])
    assert summary.metadata["encoding"] == b"json/plain"
    assert json.loads(summary.data) == "deliver sms"
    assert await converter.decode([summary], [str]) == ["deliver sms"]
    (plain,) = await converter.encode(["deliver sms"])
    assert b"deliver" not in plain.SerializeToString()
    (nested,) = await converter.encode([{"text": Summary("deliver sms")}])
    assert b"deliver" not in nested.SerializeToString()


async def test_after_a_rotation_old_histories_open() -> None:
    (old,) = await data_converter(OLD).encode([PERSON])
    (new,) = await data_converter(NEW).encode([PERSON])
    assert new.metadata["encryption-key-id"] == b"k2"
    assert await data_converter(NEW).decode([old, new], [Recipient, Recipient]) == [
        PERSON,
        PERSON,
    ]
    with pytest.raises(KeyError):
        await data_converter(OLD).decode([new], [Recipient])


async def test_what_nobody_encrypted_passes_through() -> None:
    codec = EncryptionCodec(OLD)
    plain = Payload(metadata={"encoding": b"json/plain"}, data=b'"x"')
    assert await codec.decode([plain]) == [plain]


async def test_failures_are_encoded() -> None:
    converter = data_converter(OLD)
    failure = Failure()
    try:
        raise ApplicationError("text with MARKER", {"number": "MARKER"}, type="X")
    except ApplicationError as error:
        await converter.encode_failure(error, failure)
    assert failure.message == "Encoded failure"
    assert not failure.stack_trace
    assert b"MARKER" not in failure.SerializeToString()
    assert failure.application_failure_info.type == "X"
    back = await converter.decode_failure(failure)
    assert isinstance(back, ApplicationError)
    assert back.message == "text with MARKER"
    assert back.details == ({"number": "MARKER"},)


def test_a_delivery_keeps_its_id_through_attempts_only() -> None:
    message = UUID(int=1)
    first = delivery_id(message, Channel.SMS, 1)
    assert first == delivery_id(message, Channel.SMS, 1)
    others = {
        delivery_id(message, Channel.SMS, 2),
        delivery_id(message, Channel.WECHAT, 1),
        delivery_id(UUID(int=2), Channel.SMS, 1),
    }
    assert first not in others
    assert len(others) == 3


def test_a_read_back_is_not_shown() -> None:
    told = Acknowledgement.model_validate(
        {"by": "D1", "at": "2026-03-01T08:00:00Z", "read_back": "K 6.9 MARKER"}
    )
    assert "MARKER" not in repr(told)
