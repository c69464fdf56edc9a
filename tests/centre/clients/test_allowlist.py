"""Where a callback may go: the list decides, whatever the address is dressed as."""

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from centre.clients.allowlist import admits, admits_name, entry, target


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "gopher://10.0.0.1/",
        "//10.0.0.1/",
        "http://",
        "http:///x",
        "http://user:pw@10.0.0.1/",
        "http://10.0.0.1@evil.example/",
        "http://10.0.0.1\\@evil.example/",
        "http://10.0.0.1/\r\nHost: x",
        "http://2130706433/",
        "http://127.1/",
        "http://0x7f.1/",
        "http://0/",
        "http://①②⑦.⓪.⓪.①/",
        "http://his.example:99999/",
        "http://his.example:x/",
        "http://his.example:0/",
        "http://[::1/",
        "http://-a.example/",
    ],
)
def test_addresses_that_are_no_target(url: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        target(url)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "*",
        "10.0.0.1/8",
        "10.0.0.0/33",
        "127.1",
        "h:0",
        "h:70000",
        "http://h",
        "a b",
    ],
)
def test_lines_that_are_no_entry(line: str) -> None:
    with pytest.raises(ValueError, match=r"^(must|has)"):
        entry(line)


@pytest.mark.parametrize(
    ("line", "url", "address", "admitted"),
    [
        ("his.example", "http://HIS.example/x", "10.1.1.1", True),
        ("his.example", "http://evil.his.example/", "10.1.1.1", False),
        ("his.example:8080", "http://his.example:8080/", "10.1.1.1", True),
        ("his.example:8080", "http://his.example/", "10.1.1.1", False),
        ("his.example:443", "https://his.example/", "10.1.1.1", True),
        ("10.1.0.0/16", "http://10.1.2.3:81/", "10.1.2.3", True),
        ("10.1.0.0/16", "http://his.example/", "10.1.2.3", True),
        ("10.1.0.0/16", "http://his.example/", "169.254.169.254", False),
        ("10.1.0.0/16:443", "http://10.1.2.3/", "10.1.2.3", False),
        ("10.1.0.0/16", "http://[::ffff:10.1.2.3]/", "::ffff:10.1.2.3", True),
        ("10.1.0.0/16", "http://[::ffff:127.0.0.1]/", "::ffff:127.0.0.1", False),
        ("[2001:db8::]:443", "https://[2001:db8::]/", "2001:db8::", True),
        ("2001:db8::/32", "https://[2001:db8::5]/", "2001:db8::5", True),
        ("0.0.0.0/0", "http://169.254.169.254/", "169.254.169.254", False),
        ("0.0.0.0/0", "http://[::ffff:169.254.169.254]/", "::ffff:a9fe:a9fe", False),
        ("his.example", "http://his.example/", "169.254.169.254", False),
        ("100.64.0.0/10", "http://100.100.100.200/", "100.100.100.200", False),
        ("100.64.0.0/10", "http://100.100.100.201/", "100.100.100.201", True),
        ("::/0", "http://[fe80::1]/", "fe80::1", False),
    ],
)
def test_the_list_decides(line: str, url: str, address: str, admitted: bool) -> None:
    where = target(url)
    assert admits([line], where, ip_address(address)) is admitted
    assert admits(["nothing.example", line], where, ip_address(address)) is admitted
    assert not admits([], where, ip_address(address))


def test_a_name_may_be_refused_before_it_is_resolved() -> None:
    where = target("http://his.example/")
    assert admits_name(["his.example"], where)
    assert admits_name(["10.0.0.0/8"], where), "it may resolve into it"
    assert not admits_name(["lis.example", "10.0.0.0/8:443"], where)
    assert not admits_name(["10.0.0.0/8"], target("http://192.168.0.1/"))


@given(st.ip_addresses(), st.ip_addresses())
def test_a_single_address_admits_itself_only(
    one: IPv4Address | IPv6Address, other: IPv4Address | IPv6Address
) -> None:
    assume(getattr(one, "ipv4_mapped", None) is None)
    host = f"[{one}]" if ":" in str(one) else str(one)
    where = target(f"http://{host}/")
    assume(admits(["0.0.0.0/0", "::/0"], where, one))
    assert admits([str(one)], where, one)
    plain = getattr(other, "ipv4_mapped", None) or other
    assert admits([str(one)], where, other) is (plain == one)
