"""Whatever reads what strangers send takes a time that grows with its size alone."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError
from starlette.datastructures import Headers

from api.auth.client_auth import TokenRefused, read_token_request
from api.http.languages import preferred
from api.http.problems import safe_pointer
from api.http.request_guard import _check_address
from api.http.strict_json import parse_json
from api.tokens import TokenSigner
from centre.catalog.clinical import clinical_findings
from centre.clients.allowlist import entry, target
from centre.messages.links import read_link
from channels.carrier.smpp_receipt import report_in
from channels.email.receipts import EmailReceipts
from channels.email.sender import EmailAccount
from channels.kit.codes import clean_code
from channels.kit.octets import Garbled
from channels.kit.reports import reports
from channels.receipts import Inbound
from channels.weixin.events import read_event, sealed_text
from core.errors import MessageCentreError
from core.identities import mask_name, normalise
from core.policies import Template
from core.sheets.reading import read_sheet
from core.text.csv_safe import cell
from core.text.plain_text import unturned
from core.text.sms_text import sms_size
from core.text.templating import placeholders, render
from core.words import Channel, IdentityType
from tests.channels.weixin.test_receipts import KEYS, clock
from tests.support.strangers.growth import grows_evenly

# What one of them is given at the most, in bytes; the guard allows no more.
SMALL, PUSHED = 64 * 1024, 1024 * 1024
REFUSED = (MessageCentreError, ValueError, ValidationError, TokenRefused, Garbled)
MAIL = EmailReceipts(
    EmailAccount(host="h", port=25, sender="a@example.org"), KEYS, clock
)
DESK = TokenSigner(b"k" * 32)
PDU = b"\0\1\1" + b"8613800138000\0\0\0" + b"10690000\0"
PDU += b"\4" + b"\0\0" + b"\0\0" + bytes(4)

JSON = [
    *(b'["', b'\\"', b"[[", b"{}", b"[],", b'"",', b"1,", b'{"":1},', b"1e1,"),
    *(
        b"\\u4e2d",
        b"\\ud83d\\ude00",
        b"\\\\",
        b" ",
        b"-",
        b"9",
        b"null,",
        b"\xe4\xb8\xad",
    ),
]
XML = [
    *(b"<a>", b"<a/>", b"<a b='1'/>", b"<Encrypt>", b"<Encrypt><![CDATA[", b"<!--"),
    *(b"A", b"&amp;", b"<!ENTITY a 'a'>", b"]]>", b'"Encrypt": ', b"<?a?>"),
]
MAILS = [
    *(
        b";",
        b'"',
        b"\n ;a=1",
        b"--a\n\n",
        b"--b\n",
        b"Content-Type: message/rfc822\n\n",
    ),
    *(b"Content-Type: multipart/mixed; boundary=b\n\n--b\n", b"To: a\n", b"\n", b"\r"),
    *(b"Action: failed\n\n", b"<", b"a", b"\n ", b"1 ", b"=?", b"\xff"),
]
TEXTS = [
    *" \t\n;,=\"'{}[]<>()@.:/\\-_%&a1A中é\u0301😀",
    "{{",
    "{{a}}",
    "\n=",
    "a@",
    "\ufdfa",
]


def read(work: Callable[[Any], object], value: Any) -> object:
    with suppress(*REFUSED):
        return work(value)
    return None


def check(work: Callable[[Any], object], make: Callable[[int], Any], size: int) -> None:
    assert grows_evenly(lambda value: read(work, value), make, size)


@pytest.mark.parametrize("unit", JSON)
@pytest.mark.parametrize("head", [b"", b"[", b'["', b"[" * 40 + b'"', b'{"a":"'])
def test_json(unit: bytes, head: bytes) -> None:
    check(parse_json, lambda size: head + unit * (size // len(unit)), SMALL)


@pytest.mark.parametrize("unit", [*JSON, *XML])
@pytest.mark.parametrize("head", [b"", b"<xml>", b"<xml><![CDATA[", b"["])
def test_pushes(unit: bytes, head: bytes) -> None:
    for work in (read_event, sealed_text, reports):
        check(work, lambda size: head + unit * (size // len(unit)), PUSHED)


@pytest.mark.parametrize("unit", MAILS)
@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"Date: ",
        b"Content-Type: multipart/report; boundary=a",
        b'Content-Type: multipart/report; boundary="',
        b"Content-Type: multipart/report; boundary=a\n\n--a\n\n",
        b"Content-Type: multipart/report; boundary=a\n\n--a\n"
        b"Content-Type: message/delivery-status\n\n",
    ],
)
def test_mails(unit: bytes, head: bytes) -> None:
    def make(size: int) -> Inbound:
        return Inbound("POST", {}, {}, head + unit * (size // len(unit)))

    check(MAIL.read, make, PUSHED)


@pytest.mark.parametrize("unit", [b"id:", b"id: ", b"text:", b"\xff", b" ", b"stat:a,"])
def test_a_gateways_reports(unit: bytes) -> None:
    def make(size: int) -> bytes:
        text = unit * (size // len(unit))
        return PDU + b"\0\x04\x24" + len(text).to_bytes(2, "big") + text

    check(report_in, make, 60_000)


def link(token: str) -> object:
    return read_link(b"k" * 32, token, clock())


def form(text: str) -> object:
    return read_token_request(
        Headers({"authorization": f"Basic {text}"}), text.encode()
    )


def path(text: str) -> None:
    _check_address({"path": text, "query_string": text.encode()})


def template(text: str) -> object:
    return clinical_findings(Template(channel=Channel.SMS, title=text, body=text))


def language(text: str) -> object:
    return preferred(text, ("zh", "en"))


def filled(text: str) -> object:
    return render(text, dict.fromkeys(placeholders(text), "x"))


def sheet(text: str) -> object:
    return read_sheet(text.encode())


def person(kind: IdentityType) -> Callable[[str], object]:
    return lambda text: normalise(kind, text)


@pytest.mark.parametrize("unit", TEXTS)
def test_texts(unit: str) -> None:
    for work in (
        *(DESK.read, link, form, path, language, target, entry, safe_pointer),
        *(template, filled, sms_size, cell, unturned, mask_name, clean_code, sheet),
        *(person(kind) for kind in IdentityType),
    ):
        for head in ("", "a", "http://"):
            check(work, lambda size, h=head: h + unit * (size // len(unit)), SMALL)  # type: ignore[misc]


def test_names_that_are_long_cost_no_more_than_short_ones() -> None:
    assert mask_name("欧阳" * 5000)[:3] == "欧阳*"
    assert link("A" * 10_000) is None
    assert UUID(int=7) not in {link("A" * 49)}
