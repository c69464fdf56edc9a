"""Every code of CMPP and SMPP: the gateway's answer, and the class it means."""

from datetime import timedelta

import pytest

from channels.carrier import cmpp_pdu as pdus
from channels.carrier.cmpp import CODES as CMPP_CODES
from channels.carrier.cmpp import SIGN_IN as CMPP_SIGN_IN
from channels.carrier.cmpp import CmppWire
from channels.carrier.sender import Part, receipt
from channels.carrier.smpp import CODES as SMPP_CODES
from channels.carrier.smpp import SIGN_IN as SMPP_SIGN_IN
from channels.carrier.smpp import Answer, SmppWire
from core.errors import (
    ContentRefused,
    DeliveryError,
    Misconfigured,
    OutcomeUnknown,
    ProviderDown,
    RateLimited,
    RecipientRefused,
)
from core.words import Outcome, Reason
from tests.support.channels.fakes import NOW, Clock, each
from tests.support.channels.gateways import cmpp_account, smpp_account

CMPP = CmppWire(cmpp_account(7890), Clock())
SMPP = SmppWire(smpp_account(2775), Clock())

RESULTS = [
    *each("1 2 4 6", ContentRefused),
    *each("3", OutcomeUnknown),
    *each("5 7 10 11 12", Misconfigured),
    *each("8", RateLimited, 1),
    *each("9 13", RecipientRefused),
    # What a carrier added of its own: an answer, so it was not sent.
    *each("14 20 199 255", ContentRefused),
]


def wait(error: DeliveryError) -> float | None:
    pause = error.retry_after
    return pause.total_seconds() if isinstance(pause, timedelta) else None


@pytest.mark.parametrize(("code", "kind", "pause"), RESULTS)
def test_a_result_of_submit(
    code: str, kind: type[DeliveryError], pause: float | None
) -> None:
    with pytest.raises(kind) as raised:
        CMPP.taken(pdus.SubmitResp(1, int(code)))
    assert (type(raised.value), raised.value.code) == (kind, code)
    assert wait(raised.value) == pause


@pytest.mark.parametrize(
    ("code", "kind", "_"),
    [*each("1 2 3 4 9", Misconfigured), *each("5", ProviderDown)],
)
def test_a_status_of_connect(code: str, kind: type[DeliveryError], _: None) -> None:
    with pytest.raises(kind):
        CMPP.bound(pdus.ConnectResp(int(code)))


STATUSES = [
    *each("88", RateLimited, 1),
    *each("20", RateLimited, 5),
    *each("8 69 100 4", ProviderDown),
    *each("11 80 81 254", RecipientRefused),
    *each("13 14 15 5 10 72 73 83 21", Misconfigured),
    *each("1 67 97 98", ContentRefused),
    # Any other, and the vendors' own from 1024 on.
    *each("2 3 101 255 1024 1279", ContentRefused),
]


@pytest.mark.parametrize(("code", "kind", "pause"), STATUSES)
def test_a_status_of_submit_sm(
    code: str, kind: type[DeliveryError], pause: float | None
) -> None:
    with pytest.raises(kind) as raised:
        SMPP.taken(Answer(int(code)))
    assert type(raised.value) is kind
    assert wait(raised.value) == pause
    assert raised.value.code != "unreadable"


@pytest.mark.parametrize(
    ("code", "kind", "_"),
    [*each("5 10 13 14 15 1024", Misconfigured), *each("8 88 20", ProviderDown)],
)
def test_a_status_of_bind(code: str, kind: type[DeliveryError], _: None) -> None:
    with pytest.raises(kind):
        SMPP.bound(Answer(int(code)))


def test_every_code_listed_is_tested() -> None:
    assert set(CMPP_CODES.classes) <= {row[0] for row in RESULTS}
    assert {Answer(int(row[0])).code for row in STATUSES} >= set(SMPP_CODES.classes)
    assert set(CMPP_SIGN_IN.classes) == {f"connect-{n}" for n in range(1, 6)}
    assert len(SMPP_SIGN_IN.classes) == 4


GONE = ("MK:0001", "MK:0005", "MK:0013", "MBBLACK", "DBBLACK", "DB:0144")
UNREACHED = "EXPIRED DELETED UNDELIV REJECTD MK:0010 MK:0023 MI:0024 MB:0099 ID:0076"
# Nobody has said that these are failures: an element did not answer, no report came.
NOT_UNDERSTOOD = "UNKNOWN XX:1 MA:0054 IA:0054 MC:0001 IC:0001 SKIPPED NEWWORD 0 OK?"


@pytest.mark.parametrize(
    ("state", "outcome", "reason", "refused"),
    [
        ("DELIVRD", Outcome.DELIVERED, None, False),
        ("ACCEPTD", Outcome.DELIVERED, None, False),
        ("ENROUTE", Outcome.ACCEPTED, None, False),
        *((state, Outcome.FAILED, Reason.INVALID_RECIPIENT, True) for state in GONE),
        *(
            (state, Outcome.FAILED, Reason.INVALID_RECIPIENT, False)
            for state in UNREACHED.split()
        ),
        *(
            (state, Outcome.FAILED, Reason.RATE_LIMITED, False)
            for state in ("IB:0008", "MI:0061")
        ),
    ],
)
def test_a_state_of_a_report(
    state: str, outcome: Outcome, reason: Reason | None, refused: bool
) -> None:
    found = receipt("cmpp", "1", state, NOW)
    assert (found.outcome, found.reason, found.code) == (outcome, reason, state)
    assert found.refused is refused


@pytest.mark.parametrize("state", NOT_UNDERSTOOD.split())
def test_an_unknown_word_is_no_failure(state: str) -> None:
    found = receipt("smpp", "1", state, NOW)
    assert not found.understood
    assert (found.outcome, found.reason, found.refused) == (
        Outcome.ACCEPTED,
        None,
        False,
    )


@pytest.mark.parametrize(
    ("state", "outcome"),
    [
        *(
            (word, Outcome.DELIVERED)
            for word in ("delivrd", "Delivrd", "DELIVERED", "delivered ", "DELIVRD\0\0")
        ),
        *((word, Outcome.DELIVERED) for word in ("DELIVRD,", " DELIVRD", "Accepted")),
        *((word, Outcome.ACCEPTED) for word in ("enroute", "EN_ROUTE", "Buffered")),
        *((word, Outcome.FAILED) for word in ("undeliv", "UNDELIVERABLE", "Rejected")),
        *((word, Outcome.FAILED) for word in ("expired\0", "mk:0010", "mbblack")),
    ],
)
def test_a_state_is_read_however_it_is_written(state: str, outcome: Outcome) -> None:
    found = receipt("cmpp", "1", state, NOW)
    assert found.understood
    assert found.outcome is outcome


def test_what_is_no_state_is_not_repeated() -> None:
    assert receipt("cmpp", "1", "138001380", NOW).code == "138001380"
    assert receipt("cmpp", "1", "张三", NOW).code == "unreadable"


def test_a_gateway_of_the_older_version_is_spoken_to_in_it() -> None:
    wire = CmppWire(cmpp_account(7890, version="3.0"), Clock())
    wire.bound(pdus.ConnectResp(0, version=pdus.V20))
    submit = wire.submit(Part("+8613800138000", b"\0A", 1, 1))(1)
    assert len(submit) == 12 + 117 + 21 + 1 + 2 + 8
    # And it is asked for the newer one again next time.
    assert pdus.unpack(wire.bind(1), pdus.V30)[0].__dict__["version"] == pdus.V30


def test_the_sign_in_is_the_digest_of_the_specification() -> None:
    # md5("sandbo" + nine zeros + "sandbox-secret" + "1123083000"), worked out by
    # `printf 'sandbo\0\0\0\0\0\0\0\0\0sandbox-secret1123083000' | md5sum`.
    connect, _ = pdus.unpack(CMPP.bind(1), pdus.V20)
    assert isinstance(connect, pdus.Connect)
    assert connect.timestamp == 1123083000
    assert connect.authenticator.hex() == "658182255fc7844a34f8009f3f7575e1"


def test_cmpp_serves_no_number_from_abroad() -> None:
    with pytest.raises(RecipientRefused):
        CMPP.submit(Part("+85291234567", b"\0A", 1, 1))
