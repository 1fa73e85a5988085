"""Which web addresses may be asked, and which network addresses are public."""

import socket
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from badgeport.verifier.resolution.addresses import AddressError, follow, parse_web_address, why_not_public


@pytest.mark.parametrize(
    ("url", "host", "port", "target"),
    [
        ("https://ed.sc.example", "ed.sc.example", 443, "/"),
        ("https://ed.sc.example/.well-known/did.json#key-1", "ed.sc.example", 443, "/.well-known/did.json"),
        ("HTTPS://ED.SC.Example:8443/a?b=c&d#e?f", "ed.sc.example", 8443, "/a?b=c&d"),
        ("https://ed.sc.example:443?list=1", "ed.sc.example", 443, "/?list=1"),
        ("https://my_bucket.files.example/list", "my_bucket.files.example", 443, "/list"),
        ("https://educación.example/lista/ñ", "xn--educacin-13a.example", 443, "/lista/%C3%B1"),
        ("https://ed.sc.example/a%2Fb/{x}|y", "ed.sc.example", 443, "/a%2Fb/%7Bx%7D%7Cy"),
    ],
)
def test_parts_of_an_address(url: str, host: str, port: int, target: str) -> None:
    address = parse_web_address(url)
    assert (address.scheme, address.host, address.port, address.target) == ("https", host, port, target)
    assert parse_web_address(str(address)) == address


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ed.sc.example/did.json",
        "//ed.sc.example/did.json",
        "ftp://ed.sc.example/",
        "file:///etc/passwd",
        "data:application/json,{}",
        "http://ed.sc.example/did.json",
        "https:ed.sc.example",
        "https:///did.json",
        "https://user:secret@ed.sc.example/",
        "https://ed.sc.example@127.0.0.1/",
        "https://ed.sc.example\\@127.0.0.1/",
        "https://ed.sc.example /",
        "https://ed.sc.exa\tmple/",
        "https://ed.sc.example/\r\nHost: other.example",
        "https://ed.sc.example/\u202egnp.exe",
        "https://ed.sc.example./did.json",
        "https://ed..sc.example/",
        "https://-ed.example/",
        f"https://{'a' * 64}.example/",
        f"https://{'a.' * 130}example/",
        "https://%65d.sc.example/",
        "https://intranet/",
        "https://ed.sc.example:0/",
        "https://ed.sc.example:22/",
        "https://ed.sc.example:6000/",
        "https://ed.sc.example:65536/",
        "https://ed.sc.example:8o80/",
        "https://ed.sc.example:+443/",
        "https://ed.sc.example:٤٤٣/",
        "https://localhost/",
        "https://LOCALHOST:8443/",
        "https://127.0.0.1/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0x7f.1/",
        "https://0177.0.0.1/",
        "https://127.0.0.1.:443/",
        "https://１２７.0.0.1/",
        "https://127。0。0。1/",
        "https://①②⑦.0.0.1/",
        "https://10.0.0.1/",
        "https://93.184.215.14/",
        "https://[::1]/",
        "https://[::]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[0:0:0:0:0:0:0:1]/",
        "https://[2606:2800:220:1:248:1893:25c8:1946]/",
        "https://[fe80::1%25eth0]/",
        "https://[::1/",
        "https://[::1]x/",
        "https://[ed.sc.example]/",
        "https://ed.sc.example/" + "a" * 9000,
        "https://ed.sc.example/\ud800",
    ],
)
def test_refused_addresses(url: str) -> None:
    with pytest.raises(AddressError) as refused:
        parse_web_address(url)
    assert refused.value.reason


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://localhost:8080/did.json", "localhost"),
        ("https://localhost:8080/did.json", "localhost"),
        ("http://127.0.0.1:8080/", "127.0.0.1"),
        ("http://127.255.3.4/", "127.255.3.4"),
        ("http://[::1]:8080/", "::1"),
    ],
)
def test_this_machine_where_it_is_allowed(url: str, host: str) -> None:
    address = parse_web_address(url, loopback_http=True)
    assert address.host == host
    assert address.loopback
    assert parse_web_address(str(address), loopback_http=True) == address
    with pytest.raises(AddressError, match="verifying machine itself"):
        parse_web_address(url)
    with pytest.raises(AddressError, match=r"verifying machine itself|https://"):
        parse_web_address(url.replace("https", "http"), loopback=True)


@pytest.mark.parametrize(
    "url",
    [
        "http://ed.sc.example/",
        "http://10.0.0.1/",
        "http://127.1/",
        "http://127.0.0.256/",
        "http://127.0.0.01/",
        "http://localhost.example/",
        "http://0.0.0.0/",
        "http://[::ffff:127.0.0.1]/",
        "http://2130706433/",
    ],
)
def test_loopback_http_allows_nothing_but_this_machine(url: str) -> None:
    with pytest.raises(AddressError):
        parse_web_address(url, loopback_http=True)


@pytest.mark.parametrize(
    ("location", "leads_to"),
    [
        ("/b", "https://ed.sc.example/b"),
        ("b?c", "https://ed.sc.example/a/b?c"),
        ("//other.example/x", "https://other.example/x"),
        ("https://other.example", "https://other.example/"),
    ],
)
def test_where_a_redirect_leads(location: str, leads_to: str) -> None:
    assert str(follow(parse_web_address("https://ed.sc.example/a/a"), location)) == leads_to


@pytest.mark.parametrize(
    "location",
    [
        "http://ed.sc.example/b",
        "https://127.0.0.1/",
        "https://localhost/",
        "http://localhost/",
        "file:///etc/passwd",
        "https://[::1",
        "https://a b/",
        "java\tscript:1",
        "https://ed.sc.example@10.0.0.1/",
        "https:\\\\10.0.0.1/",
    ],
)
@pytest.mark.parametrize("development", [False, True])
def test_redirects_that_are_refused(location: str, development: bool) -> None:
    with pytest.raises(AddressError):
        follow(parse_web_address("https://ed.sc.example/a"), location, loopback=development, loopback_http=development)


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    for url in (text, f"https://{text}", f"https://ed.sc.example/{text}"):
        try:
            address = parse_web_address(url)
        except AddressError:
            continue
        # What passes is in one spelling only: host and target hold nothing that could be read in two ways.
        assert address.host.isascii()
        assert "." in address.host
        assert address.target.isascii()
        assert address.target.startswith("/")
        assert not set(address.target) & set(' \\"<>#\r\n\t')
        assert parse_web_address(str(address)) == address
        with pytest.raises(ValueError):
            ip_address(address.host)
        with pytest.raises(OSError):
            socket.inet_aton(address.host)


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "0.1.2.3",
        "10.1.2.3",
        "100.64.0.1",
        "100.127.255.255",
        "127.0.0.1",
        "127.8.8.8",
        "168.63.129.16",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.192",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.7",
        "203.0.113.9",
        "224.0.0.251",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::93.184.215.14",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:93.184.215.14",
        "::ffff:0:7f00:1",
        "64:ff9b::127.0.0.1",
        "64:ff9b::10.0.0.1",
        "64:ff9b::169.254.169.254",
        "64:ff9b:1::93.184.215.14",
        "64:ff9b:1:fffe::1",
        "100::1",
        "2001::1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "2001:2::1",
        "2001:10::1",
        "2001:20::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "2002:5db8:d70e::1",
        "3ffe::1",
        "3fff::1",
        "5f00::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
        "4000::1",
        "",
        "localhost",
        "127.1",
    ],
)
def test_addresses_that_are_not_public(address: str) -> None:
    assert why_not_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "93.184.215.14",
        "8.8.8.8",
        "172.32.0.1",
        "100.128.0.1",
        "198.20.0.1",
        "223.255.255.254",
        "1.1.1.1",
        "2606:2800:220:1:248:1893:25c8:1946",
        "2a00:1450:4001::200e",
        "64:ff9b::93.184.215.14",
    ],
)
def test_addresses_that_are_public(address: str) -> None:
    assert why_not_public(address) is None


@given(st.ip_addresses())
def test_nothing_passes_that_python_calls_private(address: object) -> None:
    if why_not_public(str(address)) is None:
        parsed = ip_address(str(address))
        assert str(parsed).startswith("64:ff9b::") or parsed.is_global
        assert not parsed.is_multicast
