"""64 kB each of what makes readers slow: by format, whole and broken."""

import base64
import json
from collections.abc import Mapping

from tests.support.strangers.loop_holds import SIZE


def filled(head: bytes, unit: bytes, tail: bytes = b"", size: int = SIZE) -> bytes:
    """Return as many units as there is room for, between a head and a tail."""
    room = size - len(head) - len(tail)
    return head + unit * (room // len(unit)) + tail


def _numbered(form: str, between: str = ",") -> str:
    return between.join(form % n for n in range(SIZE // (len(form) + 5)))


JSON: Mapping[str, bytes] = {
    "deep": filled(b"", b"["),
    "deep and closed": b"[" * 32768 + b"]" * 32768,
    "deep as far as allowed": b"[" * 31
    + filled(b"[", b"{},", b"1]", 65000)
    + b"]" * 31,
    "deep in names": filled(b"", b'{"a":'),
    "open text of escapes": filled(b'["', b'\\"'),
    "text of escapes": filled(b'["', b'\\"', b'"]'),
    "backslashes": filled(b'["', b"\\\\", b'"]'),
    "an odd backslash": filled(b'["', b"\\\\", b'\\"]'),
    "surrogates": filled(b'["', b"\\ud83d\\ude00", b'"]'),
    "half surrogates": filled(b'["', b"\\ud83d", b'"]'),
    "keys": b"{" + _numbered('"k%d":0').encode() + b"}",
    "the same key": filled(b'{"a":1', b',"a":1', b"}"),
    "a long name": filled(b'{"', b"a", b'":1}'),
    "objects": filled(b"[{}", b",{}", b"]"),
    "lists": filled(b"[[]", b",[]", b"]"),
    "digits": filled(b"[1", b",1", b"]"),
    "one number": filled(b"[", b"9", b"]"),
    "one fraction": filled(b"[0.", b"9", b"]"),
    "one exponent": filled(b"[1e", b"9", b"]"),
    "fractions": filled(b"[1e1", b",1e1", b"]"),
    "minus": filled(b"[", b"-"),
    "NUL": bytes(SIZE),
    "NULs within": filled(b'["', b"\\u0000", b'"]'),
    "blanks": filled(b"", b" "),
    "combining marks": filled(b'["a', "\u0301".encode(), b'"]'),
    "no UTF-8": filled(b'["', b"\xff", b'"]'),
    "letters of three bytes": filled(b'["', "中".encode(), b'"]'),
    "letters of four bytes": filled(b'["', "😀".encode(), b'"]'),
}
XML: Mapping[str, bytes] = {
    "deep": filled(b"", b"<a>"),
    "deep and closed": b"<a>" * 9000 + b"</a>" * 9000,
    "elements": filled(b"<xml>", b"<a/>", b"</xml>"),
    "attributes": b"<xml " + _numbered('a%d=""', " ").encode() + b"/>",
    "one attribute": filled(b'<xml a="', b"a", b'"/>'),
    "entities": filled(
        b"<!DOCTYPE a [<!ENTITY a 'aaaaaaaaaa'>",
        b"<!ENTITY b '&a;&a;'>",
        b"]><a>&b;</a>",
    ),
    "references": filled(b"<xml>", b"&amp;", b"</xml>"),
    "open CDATA": filled(b"<xml>", b"<![CDATA["),
    "CDATA": filled(b"<xml>", b"<![CDATA[]]>", b"</xml>"),
    "comments": filled(b"<xml>", b"<!---->", b"</xml>"),
    "an open comment": filled(b"<xml><!--", b"- "),
    "instructions": filled(b"", b"<?a?>"),
    "sealed": filled(b"<xml><Encrypt><![CDATA[", b"A", b"]]></Encrypt></xml>"),
    "seals": filled(b"<xml>", b"<Encrypt>A</Encrypt>", b"</xml>"),
}
_REPORT = b"Content-Type: multipart/report; boundary=b\n\n--b\n"
MIME: Mapping[str, bytes] = {
    "parts within parts": filled(
        b"", b"Content-Type: multipart/mixed; boundary=b\n\n--b\n"
    ),
    "mails within mails": filled(b"", b"Content-Type: message/rfc822\n\n"),
    "parts": filled(_REPORT, b"--b\n\n"),
    "parameters": filled(
        b"Content-Type: multipart/report; boundary=b", b"; a=b", b"\n"
    ),
    "an open quote": filled(b'Content-Type: multipart/report; boundary="', b'\\"'),
    "header fields": filled(b"", b"To: a\n"),
    "one long header field": filled(b"To: ", b"a, ", b"\n\n"),
    "folds": filled(b"Subject: a", b"\n a", b"\n\n"),
    "encoded words": filled(b"Subject: ", b"=?utf-8?q?=41?= ", b"\n\n"),
    "comments": filled(b"Date: ", b"(", b"\n\n"),
    "states": filled(
        _REPORT + b"Content-Type: message/delivery-status\n\n", b"Action: failed\n\n"
    ),
    "base64": filled(
        b"Content-Transfer-Encoding: base64\n\n", base64.b64encode(b"abc") + b"\n"
    ),
    "carriage returns": filled(_REPORT, b"\r"),
}
FORMS: Mapping[str, bytes] = {
    "ampersands": filled(b"", b"&"),
    "fields": _numbered("a%d=b", "&").encode(),
    "the same field": filled(b"grant_type=a", b"&grant_type=a"),
    "escapes": filled(b"grant_type=", b"%41"),
    "half escapes": filled(b"grant_type=", b"%"),
    "no UTF-8": filled(b"grant_type=", b"%ff"),
    "letters of three bytes": filled(b"grant_type=", b"%E4%B8%AD"),
    "blanks": filled(b"grant_type=", b"+"),
    "equals": filled(b"", b"="),
    "semicolons": filled(b"", b";a=b"),
}
SHEETS: Mapping[str, bytes] = {
    "quotes": filled(b"mobile,name\n", b'"'),
    "pairs of quotes": filled(b'mobile,name\n"', b'""'),
    "columns": filled(b"a", b",a", b"\n1\n"),
    "commas": filled(b"mobile,name\n", b","),
    "lines": filled(b"mobile", b"\n1"),
    "empty lines": filled(b"mobile", b"\r\n"),
    "one cell": filled(b"mobile\n", b"1"),
    "combining marks": filled(b"mobile\na", "\u0301".encode()),
    "GB 18030": filled(b"mobile\n", "张三\n".encode("gb18030")),
    "NUL": filled(b"mobile\n", b"\0"),
    "half a workbook": filled(b"PK\x03\x04", b"PK\x01\x02"),
    "blanks": filled(b"mobile\n", b" \t"),
}
# What a text within a body, an address or a header is filled with.
UNITS = (
    *("a", "1", " ", "\\", '"', "{{", "{{a}}", "@a.", "http://a/", "<a>", "a\n"),
    *("\u0301", "中", "😀", "\u202e", "+86", "-", "."),
)
TEXTS = {unit: filled(b"", unit.encode(), size=60_000).decode() for unit in UNITS}
# Where there are hundreds of places to fill, each gets the worst of them.
FEW = {unit: TEXTS[unit] for unit in ("1", " ", "{{", "@a.", "\u0301", "中")}
ALL = {
    f"{kind}: {name}": body
    for kind, bodies in (
        ("JSON", JSON),
        ("XML", XML),
        ("MIME", MIME),
        ("form", FORMS),
        ("sheet", SHEETS),
    )
    for name, body in bodies.items()
}


def as_json(value: object) -> bytes:
    """Return a value as JSON with its letters as they are."""
    return json.dumps(value, ensure_ascii=False).encode()
