"""Receipts of SMPP: by parameters, in carriers' own ways of writing, by data_sm."""

import struct

import pytest

from channels.carrier.smpp import SmppAccount, SmppWire
from channels.carrier.smpp_receipt import Report, known_id, report_in
from channels.kit.octets import Garbled
from core.words import Outcome
from tests.support.channels.fakes import Clock
from tests.support.channels.gateways import smpp_account

ID, STATE, PAYLOAD = 0x001E, 0x0427, 0x0424
RECEIPT, INTERMEDIATE, NONE = 0x04, 0x20, 0x00
ADDRESSES = b"\0\1\1" + b"8613800138000\0" + b"\0\0" + b"10690000\0"


def option(tag: int, value: bytes) -> bytes:
    return struct.pack(">HH", tag, len(value)) + value


def parameters(number: bytes = b"ABC123\0", state: int = 2) -> bytes:
    return option(ID, number) + option(STATE, bytes([state]))


def deliver(
    text: bytes = b"",
    esm_class: int = RECEIPT,
    options: bytes = b"",
    data_coding: int = 0,
) -> bytes:
    """Return a deliver_sm's body, field by field (SMPP 3.4, 4.6.1)."""
    flags = bytes([esm_class, 0, 0]) + b"\0\0" + bytes([0, 0, data_coding, 0])
    return ADDRESSES + flags + bytes([len(text)]) + text + options


@pytest.mark.parametrize("esm_class", [NONE, RECEIPT, INTERMEDIATE, 0x44])
@pytest.mark.parametrize("text", [b"", "已送达".encode("utf-16-be"), b"id:1 stat:?"])
def test_the_parameters_alone_make_a_receipt(esm_class: int, text: bytes) -> None:
    found = report_in(deliver(text, esm_class, parameters()))
    assert found is not None
    assert (found.message_id, found.stat) == ("ABC123", "DELIVRD")


@pytest.mark.parametrize("text", [b"", b"TD", b"id:1 stat:DELIVRD"])
def test_a_text_from_a_phone_is_none_whatever_it_says(text: bytes) -> None:
    assert report_in(deliver(text, NONE)) is None
    assert report_in(deliver(text, NONE, option(ID, b"1\0"))) is None


@pytest.mark.parametrize(
    ("text", "number", "stat"),
    [
        (b"id:1 sub:001 dlvrd:001 stat:DELIVRD err:000 text:", "1", "DELIVRD"),
        (b"id: 001A sub: 001 dlvrd: 001 stat: DELIVRD err: 000", "001A", "DELIVRD"),
        (b"id:A,sub:001,dlvrd:001,stat:DELIVRD,err:000,text:x", "A", "DELIVRD"),
        (b"id:A;stat:MK:0001;err:1", "A", "MK:0001"),
        (b"id:A stat:DELIVRD\0", "A", "DELIVRD"),
        (b"ID:A STAT:Delivrd TEXT:id:B stat:UNDELIV", "A", "Delivrd"),
        (b"id=A stat=UNDELIV", "A", "UNDELIV"),
        (b'id:"A" stat:"DELIVRD"', "A", "DELIVRD"),
        (b"id:A stat:DELIVRD smsc id:B", "A", "DELIVRD"),
    ],
)
def test_a_text_is_read_however_it_is_written(
    text: bytes, number: str, stat: str
) -> None:
    assert report_in(deliver(text)) == Report(number, stat)
    assert report_in(deliver(options=option(PAYLOAD, text))) == Report(number, stat)
    wide = text.decode().encode("utf-16-be")
    assert report_in(deliver(wide, data_coding=8)) == Report(number, stat)


@pytest.mark.parametrize(
    ("state", "written", "stat"),
    [
        # The parameter wins, and the text says the same closer.
        (2, "UNDELIV", "DELIVRD"),
        (5, "DELIVRD", "UNDELIV"),
        (5, "MK:0001", "MK:0001"),
        # What the parameter does not know the text may.
        (7, "DELIVRD", "DELIVRD"),
        (99, "UNDELIV", "UNDELIV"),
        (0, "", "SCHEDULED"),
        (9, "", "SKIPPED"),
        (99, "", "state-99"),
    ],
)
def test_the_parameter_wins_over_the_text(state: int, written: str, stat: str) -> None:
    text = f"id:1 stat:{written}".encode()
    found = report_in(deliver(text, options=parameters(state=state)))
    assert found == Report("ABC123", stat)


@pytest.mark.parametrize(
    "text", [b"", b"hello", b"id:1", b"stat:DELIVRD", b"id: stat:"]
)
def test_a_receipt_that_says_nothing_is_garbled(text: bytes) -> None:
    with pytest.raises(Garbled):
        report_in(deliver(text))


def wire(**changes: str) -> SmppWire:
    values = smpp_account(2775).model_dump() | changes
    return SmppWire(SmppAccount.model_validate(values), Clock())


def pdu(command: int, body: bytes) -> bytes:
    return struct.pack(">IIII", 16 + len(body), command, 0, 7) + body


def test_news_on_the_way_is_no_failure() -> None:
    for state, outcome in ((5, Outcome.ACCEPTED), (2, Outcome.DELIVERED)):
        body = deliver(b"", INTERMEDIATE, parameters(state=state))
        heard = wire().hear(pdu(5, body))
        assert heard.receipt is not None
        assert (heard.receipt.outcome, heard.receipt.reason) == (outcome, None)
        assert not heard.receipt.refused


def test_a_receipt_by_data_sm_is_taken_and_answered() -> None:
    body = ADDRESSES + bytes([RECEIPT, 0, 0]) + parameters()
    heard = wire().hear(pdu(0x0103, body))
    assert heard.receipt is not None
    assert heard.receipt.provider_message_id == "ABC123"
    assert heard.receipt.outcome is Outcome.DELIVERED
    assert heard.reply == struct.pack(">IIII", 17, 0x80000103, 0, 7) + b"\0"


def test_a_data_sm_that_can_not_be_read_is_answered_too() -> None:
    heard = wire().hear(pdu(0x0103, b"\xff" * 9))
    assert (heard.receipt, heard.over) == (None, False)
    assert heard.reply


@pytest.mark.parametrize(
    ("form", "given", "kept"),
    [
        ("text", "001a", "001a"),
        ("decimal", "0026", "26"),
        ("decimal", "26", "26"),
        ("hexadecimal", "1A", "26"),
        ("hexadecimal", "0000001a", "26"),
        # What is no number is compared as it is.
        ("decimal", "1A", "1A"),
        ("hexadecimal", "node-1.7", "node-1.7"),
    ],
)
def test_a_number_is_kept_in_one_form(form: str, given: str, kept: str) -> None:
    number = wire(receipt_ids=form)
    body = deliver(f"id:{given} stat:DELIVRD".encode())
    heard = number.hear(pdu(5, body))
    assert heard.receipt is not None
    assert heard.receipt.provider_message_id == kept
    answer = wire(answer_ids=form).hear(pdu(0x80000004, given.encode() + b"\0")).answer
    assert answer is not None
    assert wire(answer_ids=form).taken(answer) == kept


def test_the_same_number_in_both_forms_is_one() -> None:
    assert known_id("1A2B", "hexadecimal") == known_id("0000006699", "decimal")
