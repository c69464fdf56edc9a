"""What of Temporal's Web UI goes through the console, and what does not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from centre.messages.histories import History
from console.app import MOUNT
from console.temporal.rules import PATH, Kind, Rules, seen_from
from web import CONSOLE_BODIES

RULES = Rules("default")
OWN = "/api/v1/namespaces/default"
RUN = "01a22ca9-1fef-7b50-b2fc-bcc8add68467"
ROWS = [
    ("GET", "", Kind.PAGE),
    ("GET", "/", Kind.PAGE),
    ("GET", "/namespaces/default/workflows/message-1/run/history", Kind.PAGE),
    ("GET", "/_app/immutable/chunks/C98zAyW4.js", Kind.FILE),
    ("GET", "/_app/version.json", Kind.FILE),
    ("GET", "/favicon.ico", Kind.FILE),
    ("GET", "/api/v1/settings", Kind.SETTINGS),
    ("GET", "/api/v1/cluster-info", Kind.READ),
    ("GET", "/api/v1/namespaces", Kind.READ),
    ("GET", OWN, Kind.READ),
    ("GET", f"{OWN}/workflows/message-1/history", Kind.READ),
    ("GET", f"{OWN}/workflows/a%20b", Kind.READ),
    ("POST", f"{OWN}/workflows/message-1/query/__stack_trace", Kind.READ),
    ("POST", f"{OWN}/workflows/message-1/runs/{RUN}/query/status", Kind.READ),
    ("POST", "/codec/decode", Kind.DECODE),
    # What changes something, by whatever name.
    ("POST", f"{OWN}/workflows/message-1/terminate", Kind.WRITE),
    ("POST", f"{OWN}/workflows/message-1/signal/cancel", Kind.WRITE),
    ("POST", f"{OWN}/workflows/query/signal/query/x", Kind.WRITE),
    ("POST", f"{OWN}/workflows/message-1/%71uery/x", Kind.WRITE),
    ("POST", f"{OWN}/workflows/message-1", Kind.WRITE),
    ("POST", f"{OWN}/batch-operations/1", Kind.WRITE),
    ("PUT", OWN, Kind.WRITE),
    ("DELETE", f"{OWN}/schedules/1", Kind.WRITE),
    ("POST", "/api/v1/namespaces", Kind.WRITE),
    ("POST", "/api/v1/settings", Kind.WRITE),
    ("POST", "/", Kind.WRITE),
    ("OPTIONS", "/", Kind.WRITE),
    # Other namespaces, the server's own rooms, the codec's other half.
    ("GET", "/api/v1/namespaces/other/workflows", Kind.NOT_HERE),
    ("GET", "/api/v1/namespaces/defaults", Kind.NOT_HERE),
    ("GET", "/api/v1/nexus/endpoints", Kind.NOT_HERE),
    ("POST", "/codec/encode", Kind.NOT_HERE),
    ("GET", "/codec/decode", Kind.NOT_HERE),
    # Paths that a server behind might read as others.
    ("GET", f"{OWN}/../other/workflows", Kind.NOT_HERE),
    ("GET", f"{OWN}/%2e%2e/other/workflows", Kind.NOT_HERE),
    ("GET", f"{OWN}/%2E./other/workflows", Kind.NOT_HERE),
    ("GET", f"{OWN}/..%2fother/workflows", Kind.NOT_HERE),
    ("GET", f"{OWN}/..%5cother", Kind.NOT_HERE),
    ("GET", f"{OWN}/%252e%252e/other", Kind.NOT_HERE),
    ("GET", f"{OWN}//other", Kind.NOT_HERE),
    ("GET", f"{OWN}/workflows/", Kind.NOT_HERE),
    ("GET", "/api/v1//settings", Kind.NOT_HERE),
    ("GET", "/_app/../api/v1/namespaces", Kind.NOT_HERE),
    ("GET", "/_app//evil.example/x.js", Kind.NOT_HERE),
]


@pytest.mark.parametrize(("method", "path", "kind"), ROWS)
def test_what_a_call_is(method: str, path: str, kind: Kind) -> None:
    assert RULES.kind(method, path) is kind


@pytest.mark.parametrize(
    "path",
    ["/render", "/auth/sso", "//evil.example/", "/http://evil.example/", "/../v1/x"],
)
def test_whatever_else_is_asked_for_gets_the_one_page(path: str) -> None:
    """A page's own address never goes on: there is but one document."""
    assert RULES.kind("GET", path) is Kind.PAGE


SEGMENTS = st.lists(
    st.sampled_from(["..", ".", "%2e%2e", "", "default", "other", "a", "%2F", "%5c"]),
    max_size=6,
)


@given(SEGMENTS, st.sampled_from([OWN, "/api/v1", "/_app", "/codec"]))
def test_what_goes_on_stays_where_it_was_asked_for(parts: list[str], at: str) -> None:
    path = "/".join([at, *parts])
    if RULES.kind("GET", path) in (Kind.READ, Kind.FILE):
        assert not {"..", ".", "%2e%2e", "", "%2F", "%5c"} & set(path.split("/")[1:])
        assert path.startswith((OWN, "/_app/", "/api/v1/namespaces"))


@given(st.text(max_size=40), st.sampled_from(["GET", "POST", "PUT"]))
def test_any_path_has_an_answer(path: str, method: str) -> None:
    assert RULES.kind(method, f"/{path}") in Kind
    assert RULES.kind(method, f"{OWN}/{path}") in Kind


@pytest.mark.parametrize(
    ("referer", "history"),
    [
        (None, History()),
        ("", History()),
        ("http://c/console/temporal/namespaces/default/workflows", History()),
        (
            f"http://c/console/temporal/namespaces/d/workflows/batch-7/{RUN}/history?x",
            History("batch-7", RUN),
        ),
        (
            "http://c/console/temporal/namespaces/d/workflows/message-1",
            History("message-1"),
        ),
        ("http://c/console/temporal/namespaces/d/workflows/a%20b/x", History()),
        (f"http://c/namespaces/d/workflows/{'x' * 201}", History()),
    ],
)
def test_which_workflow_a_page_shows(referer: str | None, history: History) -> None:
    assert seen_from(referer, "/console/temporal") == history


def test_the_edge_knows_where_the_pages_are() -> None:
    base = f"{MOUNT}{PATH}"
    assert f"{base}/codec/" in CONSOLE_BODIES
    assert CONSOLE_BODIES[f"{base}/api/"].raw
