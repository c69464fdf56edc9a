"""Our Tencent Cloud signature, byte for byte against the vendor's SDK."""

import hashlib
from datetime import UTC, datetime, timedelta

# The vendor's packages ship no types.
from hypothesis import given
from hypothesis import strategies as st
from tencentcloud.common.abstract_client import (  # type: ignore[import-untyped]
    AbstractClient,
)
from tencentcloud.common.credential import (  # type: ignore[import-untyped]
    Credential,
)
from tencentcloud.common.http.request import (  # type: ignore[import-untyped]
    RequestInternal,
)

from channels.tencent.api import authorization

HOSTS = st.sampled_from(["sms.tencentcloudapi.com", "127.0.0.1:9000"])
# Days on both sides of a month's end, whole seconds.
TIMES = st.integers(0, 40 * 86_400).map(
    lambda seconds: datetime(2026, 11, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)


def theirs(
    service: str, host: str, body: bytes, at: datetime, key: str, secret: str
) -> str:
    """Return the header as the SDK makes it, at a time of our choice."""
    client = AbstractClient(Credential(key, secret), "ap-guangzhou")
    request = RequestInternal(host, "POST", "/", {}, body)
    request.header["Content-Type"] = "application/json"
    request.header["Host"] = host
    request.header["X-TC-Timestamp"] = str(int(at.timestamp()))
    date = at.strftime("%Y-%m-%d")
    signature = client._get_tc3_signature({}, request, date, service, secret)
    return (
        f"TC3-HMAC-SHA256 Credential={key}/{date}/{service}/tc3_request, "
        f"SignedHeaders=content-type;host, Signature={signature}"
    )


@given(
    st.sampled_from(["sms", "vms"]),
    HOSTS,
    st.text(max_size=60).map(lambda text: text.encode("utf-8", "replace")),
    TIMES,
    st.text("ab+/=", min_size=1),
)
def test_signatures_are_equal(
    service: str, host: str, body: bytes, at: datetime, secret: str
) -> None:
    ours = authorization(service, host, body, at, ("AKID", secret))
    assert ours == theirs(service, host, body, at, "AKID", secret)


def test_another_body_has_another_signature() -> None:
    at = datetime(2026, 11, 23, tzinfo=UTC)
    one, other = (
        authorization("sms", "h", hashlib.sha256(b).digest(), at, ("k", "s"))
        for b in (b"1", b"2")
    )
    assert one != other
