"""Receipts pushed to a receiver, in each provider's form and rhythm."""

import hashlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import pytest

from sandbox.kit.context import Options
from tests.support.sandbox.rig import Rig, new_number, rig, sms, voice, wechat
from tests.support.sandbox.tencent import tencent_sms, tencent_voice
from tests.support.waiting import until_so

TAKEN_BY_ALIYUN = json.dumps({"code": 0, "msg": "接收成功"}).encode()


@dataclass
class Receiver:
    """What came in, and what the next calls are answered."""

    calls: list[tuple[str, bytes]] = field(default_factory=list)
    answers: list[tuple[int, bytes]] = field(default_factory=list)
    usual: bytes = TAKEN_BY_ALIYUN

    def take(self, path: str, body: bytes) -> tuple[int, bytes]:
        self.calls.append((path, body))
        return self.answers.pop(0) if self.answers else (200, self.usual)

    def wait(self, count: int, within: float = 30) -> list[tuple[str, bytes]]:
        until_so(lambda: len(self.calls) >= count, within)
        return self.calls


@pytest.fixture(scope="module")
def listening() -> Iterator[tuple[Receiver, str]]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        """Hands each call to the receiver."""

        def do_POST(self) -> None:
            size = int(self.headers["content-length"])
            status, body = receiver.take(self.path, self.rfile.read(size))
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Write nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=[0.01])
    thread.start()
    yield receiver, f"http://127.0.0.1:{server.server_port}/v1/receipts"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def shared(listening: tuple[Receiver, str]) -> Iterator[Rig]:
    options = Options(
        receipts_url=listening[1], receipt_after=0.01, retry_scale=0.02 / 60
    )
    with rig(options) as running:
        yield running


@pytest.fixture
def receiver(shared: Rig, listening: tuple[Receiver, str]) -> Receiver:
    shared.reset()
    receiver = listening[0]
    receiver.calls.clear()
    receiver.answers.clear()
    receiver.usual = TAKEN_BY_ALIYUN
    return receiver


@pytest.mark.parametrize(
    ("outcome", "success", "err_code"),
    [
        ("accept", True, "DELIVERED"),
        ("receipt_failed", False, "MOBILE_NOT_ON_SERVICE"),
    ],
)
def test_an_sms_report(
    shared: Rig, receiver: Receiver, outcome: str, success: bool, err_code: str
) -> None:
    number = new_number()
    shared.rules({"channel": "sms", "outcome": outcome})
    biz_id = sms(shared, number, OutId="d-1").json()["BizId"]
    [(path, body)] = receiver.wait(1)
    assert path == "/v1/receipts/sms/sandbox-secret"
    [report] = json.loads(body)
    assert (report["phone_number"], report["biz_id"]) == (number, biz_id)
    assert (report["success"], report["err_code"]) == (success, err_code)
    assert (report["out_id"], report["sms_size"]) == ("d-1", "1")


def test_a_voice_report(shared: Rig, receiver: Receiver) -> None:
    number = new_number()
    call_id = voice(shared, number, OutId="d-1").json()["CallId"]
    [(path, body)] = receiver.wait(1)
    assert path == "/v1/receipts/voice/sandbox-secret"
    [report] = json.loads(body)
    assert (report["call_id"], report["callee"]) == (call_id, number)
    assert (report["status_code"], report["out_id"]) == ("200000", "d-1")


TAKEN_BY_TENCENT = b'{"result": 0, "errmsg": "OK"}'


@pytest.mark.parametrize(
    ("outcome", "status", "code"),
    [("accept", "SUCCESS", "DELIVRD"), ("receipt_failed", "FAIL", "MK:0001")],
)
def test_tencents_sms_report(
    shared: Rig, receiver: Receiver, outcome: str, status: str, code: str
) -> None:
    receiver.usual = TAKEN_BY_TENCENT
    number = new_number()
    shared.rules({"channel": "sms", "outcome": outcome})
    sent = tencent_sms(shared, number).json()["Response"]["SendStatusSet"][0]
    [(path, body)] = receiver.wait(1)
    assert path == "/v1/receipts/sms/sandbox-secret-tencent"
    [report] = json.loads(body)
    assert (report["mobile"], report["sid"]) == (number, sent["SerialNo"])
    assert (report["report_status"], report["errmsg"]) == (status, code)


@pytest.mark.parametrize(
    ("outcome", "events"),
    [
        ("accept", {"voiceprompt_callback": "0"}),
        ("receipt_delivered", {"voiceprompt_callback": "0", "voicekey_callback": "1"}),
        ("receipt_failed", {"voiceprompt_callback": "1", "voice_failure_callback": 5}),
    ],
)
def test_tencents_events_of_a_call(
    shared: Rig, receiver: Receiver, outcome: str, events: dict[str, object]
) -> None:
    receiver.usual = TAKEN_BY_TENCENT
    shared.rules({"channel": "voice", "outcome": outcome})
    sent = tencent_voice(shared, new_number()).json()["Response"]["SendStatus"]
    pushed = [json.loads(body) for _, body in receiver.wait(len(events))]
    found = {kind: event for push in pushed for kind, event in push.items()}
    assert {event["callid"] for event in found.values()} == {sent["CallId"]}
    said = ("result", "keypress", "failure_code")
    assert events == {
        kind: next(event[name] for name in said if name in event)
        for kind, event in found.items()
    }


def test_a_key_is_in_the_voice_report(shared: Rig, receiver: Receiver) -> None:
    shared.rules({"channel": "voice", "outcome": "receipt_delivered"})
    voice(shared, new_number())
    [(_, body)] = receiver.wait(1)
    assert json.loads(body)[0]["dtmf"] == "1"


@pytest.mark.parametrize(
    ("outcome", "status"),
    [("receipt_delivered", "success"), ("receipt_failed", "failed:user block")],
)
def test_a_wechat_event_is_signed(
    shared: Rig, receiver: Receiver, outcome: str, status: str
) -> None:
    receiver.usual = b"success"
    shared.rules({"channel": "wechat", "outcome": outcome})
    msgid = wechat(shared, "oA").json()["msgid"]
    [(path, body)] = receiver.wait(1)
    address = urlsplit(path)
    assert address.path == "/v1/receipts/wechat/sandbox-secret"
    query = {name: values[0] for name, values in parse_qs(address.query).items()}
    parts = sorted(["sandbox-secret", query["timestamp"], query["nonce"]])
    digest = hashlib.sha1("".join(parts).encode(), usedforsecurity=False)
    assert query["signature"] == digest.hexdigest()
    event = {child.tag: child.text for child in ElementTree.fromstring(body)}
    assert event["Event"] == "TEMPLATESENDJOBFINISH"
    assert (event["FromUserName"], event["MsgID"]) == ("oA", str(msgid))
    assert event["Status"] == status


def nothing_more(shared: Rig, receiver: Receiver, count: int) -> None:
    """So many calls came, and the sandbox is about to make no other."""
    until_so(lambda: shared.app.desk.receipts.idle)
    assert len(receiver.calls) == count


def test_a_receipt_is_pushed_again_until_it_is_taken(
    shared: Rig, receiver: Receiver
) -> None:
    receiver.answers = [(503, b""), (200, b"thanks")]
    sms(shared, new_number())
    bodies = [body for _, body in receiver.wait(3)]
    assert len(set(bodies)) == 1
    nothing_more(shared, receiver, 3)


def test_a_receipt_is_given_up_in_the_end(shared: Rig, receiver: Receiver) -> None:
    receiver.usual = b"never"
    sms(shared, new_number())
    receiver.wait(4)
    nothing_more(shared, receiver, 4)


def test_no_receipt_and_no_duplicate_push_nothing(
    shared: Rig, receiver: Receiver
) -> None:
    receiver.usual = b"success"
    for _ in range(2):
        wechat(shared, "oA", fields={"client_msg_id": "k"})
    shared.rules({"outcome": "no_receipt"})
    sms(shared, new_number())
    wechat(shared, "oB")
    receiver.wait(1)
    nothing_more(shared, receiver, 1)


def test_a_receiver_that_is_not_there_does_no_harm() -> None:
    options = Options(
        receipts_url="http://127.0.0.1:9/v1/receipts", receipt_after=0.0, retry_scale=0
    )
    with rig(options) as lonely:
        assert sms(lonely, new_number()).json()["Code"] == "OK"
        until_so(lambda: lonely.app.desk.receipts.idle)
        assert sms(lonely, new_number()).json()["Code"] == "OK"
