"""The guarded fetcher over real connections: what it asks, what it refuses, what it takes for an answer."""

import os
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, get_args

import httpcore2
import pytest

from badgeport.schemas.limits import Limits
from badgeport.verifier.resolution.controllers import resolve_did
from badgeport.verifier.resolution.fetching import FetchError, Purpose, Recorder
from badgeport.verifier.resolution.network import (
    MAXIMUM_REDIRECTS,
    USUAL_PURPOSES,
    GuardedFetcher,
    Timeouts,
    _Deadline,
)
from support import verifying as v
from support.web import Answer, Seen, Web, client_context

KEYS = "https://ed.sc.example/did.json"
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
EVERYTHING = frozenset(PURPOSES)
SHORT = Timeouts(connect=1.0, read=0.4, total=0.8)
# What a test waits for before it says that something hangs.
PATIENCE = 8.0


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as web:
        yield web


def reason(fetcher: GuardedFetcher, url: str, purpose: Purpose = "controller") -> str:
    """Why a document could not be had, within bounds."""
    started = time.monotonic()
    with pytest.raises(FetchError) as failed:
        fetcher.fetch(url, purpose)
    assert time.monotonic() - started < PATIENCE
    assert failed.value.url == url
    return failed.value.reason


def test_a_document_is_had_over_https(web: Web) -> None:
    web.put(KEYS, b'{"id": 1}', media_type="application/did+json; charset=utf-8")
    fetched = web.fetcher().fetch(f"{KEYS}#key-1", "controller")
    assert fetched.body == b'{"id": 1}'
    assert fetched.url == f"{KEYS}#key-1"
    assert fetched.media_type == "application/did+json"
    assert fetched.fetched_at is not None
    assert (fetched.stale, fetched.location) == (None, None)
    seen = web.log[0]
    assert seen.url == KEYS
    assert seen.method == "GET"
    assert seen.headers["accept-encoding"] == "identity"
    assert seen.headers.keys() <= {"host", "accept", "accept-encoding", "user-agent", "connection"}


@pytest.mark.parametrize("purpose", PURPOSES)
def test_each_purpose_asks_for_its_forms(web: Web, purpose: Purpose) -> None:
    web.put(KEYS, {})
    web.fetcher(purposes=EVERYTHING).fetch(KEYS, purpose)
    assert "*/*" in web.log[0].headers["accept"]


def test_a_credential_is_asked_for_by_content_negotiation(web: Web) -> None:
    def negotiated(seen: Seen) -> Answer:
        wanted = seen.headers["accept"].split(",")
        form = next(each.strip() for each in wanted if each.strip() in ("application/vc", "text/html;q=0.3"))
        return Answer(b"{}", form)

    web.answer(KEYS, negotiated)
    assert web.fetcher().fetch(KEYS, "credential").media_type == "application/vc"
    accept = [each.strip() for each in web.log[0].headers["accept"].split(",")]
    assert accept[0] == "application/vc+jwt"
    assert accept.index("application/json;q=0.9") < accept.index("text/html;q=0.3") < accept.index("*/*;q=0.1")


@pytest.mark.parametrize("purpose", sorted(EVERYTHING - USUAL_PURPOSES))
def test_purposes_beyond_the_usual_must_be_allowed(web: Web, purpose: Purpose) -> None:
    web.put(KEYS, {})
    assert "policy" in reason(web.fetcher(), KEYS, purpose)
    assert web.looked_up == []
    web.fetcher(purposes=USUAL_PURPOSES | {purpose}).fetch(KEYS, purpose)


@pytest.mark.parametrize("kind", [None, "", "x", "APPLICATION/JSON", "a/b c", "a" * 100 + "/json"])
def test_media_types_are_taken_only_as_they_are_written(web: Web, kind: str | None) -> None:
    web.put(KEYS, {}, media_type=kind)
    expected = "application/json" if kind == "APPLICATION/JSON" else None
    assert web.fetcher().fetch(KEYS, "controller").media_type == expected


# -- where connections go ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "http://ed.sc.example/did.json",
        "https://127.0.0.1/did.json",
        "https://localhost/",
        "https://[::1]/",
        "https://10.0.0.1/",
        "https://2130706433/",
        "https://me:pw@ed.sc.example/",
        "https://ed.sc.example./",
        "x",
    ],
)
def test_refused_addresses_are_never_looked_up(web: Web, url: str) -> None:
    web.put(KEYS, {})
    fetcher = web.fetcher()
    for purpose in PURPOSES:
        reason(fetcher, url, purpose)
    assert (web.looked_up, web.dialled, web.log) == ([], [], [])


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "::1",
        "10.0.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "192.168.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::1",
        "2002:7f00:1::",
        "fd00::1",
        "fe80::1%lo",
        "2001::1",
    ],
)
def test_a_name_that_leads_inside_is_not_connected_to(web: Web, address: str) -> None:
    web.put(KEYS, {})
    web.host("ed.sc.example", addresses=("93.184.0.1", address))
    assert "leads to" in reason(web.fetcher(), KEYS)
    assert (web.dialled, web.log) == ([], [])


def test_the_checked_address_is_the_one_connected_to(web: Web) -> None:
    """DNS rebinding: a second look-up would lead elsewhere, and there is none."""
    web.put(KEYS, {})
    answers = [("93.184.7.7",), ("127.0.0.1",), ("127.0.0.1",)]

    def rebinding(host: str, port: int) -> Sequence[str]:
        web.looked_up.append(host)
        return answers.pop(0)

    web.fetcher(resolve=rebinding).fetch(KEYS, "credential")
    assert web.looked_up == ["ed.sc.example"]
    assert web.dialled == [("93.184.7.7", 443)]


def test_each_address_is_tried(web: Web) -> None:
    web.put(KEYS, {})
    web.host("down.example", addresses=("93.184.9.9",), down="refused")
    web.host("ed.sc.example", addresses=("93.184.9.9", "2a00:1450:4001::200e"))
    web.fetcher().fetch(KEYS, "controller")
    assert web.dialled == [("93.184.9.9", 443), ("2a00:1450:4001::200e", 443)]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ((), "no host of that name"),
        (socket.gaierror(socket.EAI_NONAME, "x"), "no host of that name"),
        (socket.gaierror(socket.EAI_AGAIN, "x"), "could not be looked up"),
        (UnicodeError("x"), "could not be looked up"),
        (("nonsense",), "leads to no network address"),
    ],
)
def test_look_ups_that_fail(web: Web, answer: Any, expected: str) -> None:
    def resolve(host: str, port: int) -> Sequence[str]:
        if isinstance(answer, Exception):
            raise answer
        return answer  # type: ignore[no-any-return]

    assert expected in reason(web.fetcher(resolve=resolve), KEYS)
    assert web.dialled == []


def test_a_look_up_that_hangs_is_left_behind(web: Web) -> None:
    released = threading.Event()

    def resolve(host: str, port: int) -> Sequence[str]:
        released.wait(PATIENCE)
        return ()

    assert "could not be looked up in time" in reason(web.fetcher(resolve=resolve, timeouts=SHORT), KEYS)
    released.set()


def test_names_may_lead_to_this_machine_where_tests_say_so(web: Web) -> None:
    web.put(KEYS, {})
    web.host("ed.sc.example", addresses=("127.0.0.1",))
    web.fetcher(allow_loopback=True).fetch(KEYS, "controller")
    web.host("ed.sc.example", addresses=("127.0.0.2",))
    assert "leads to" in reason(web.fetcher(allow_loopback=True), KEYS)
    assert "https://" in reason(web.fetcher(allow_loopback=True), "http://localhost/")


def test_the_port_of_the_address_is_used_and_named(web: Web) -> None:
    url = web.put("https://ed.sc.example:8443/did.json", {})
    web.fetcher().fetch(url, "controller")
    assert web.dialled == [("93.184.0.1", 8443)]
    assert web.log[0].headers["host"] == "ed.sc.example:8443"


@pytest.mark.parametrize(
    ("fault", "expected"),
    [("wrong-name", "ed.sc.example"), ("expired", "expired"), ("stranger", "certificate")],
)
def test_the_certificate_must_be_good_for_the_name(web: Web, fault: Any, expected: str) -> None:
    web.put(KEYS, {})
    web.host("ed.sc.example", certificate=fault)
    found = reason(web.fetcher(), KEYS)
    assert "certificate was not accepted" in found
    assert expected in found
    assert web.log == []


def test_plain_http_on_the_tls_port_is_not_spoken_to() -> None:
    with Web(tls=False) as web:
        web.put(KEYS, {})
        assert "no secure connection" in reason(web.fetcher(), KEYS)
        assert all(seen.path != "/did.json" for seen in web.log)


def test_the_system_trusts_no_stranger(web: Web) -> None:
    web.put(KEYS, {})
    assert "certificate was not accepted" in reason(web.fetcher(ssl_context=None), KEYS)


def test_nothing_of_the_environment_is_used(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/")
    web.put(KEYS, {}, headers={"Set-Cookie": "seen=1; Domain=example; Path=/"})
    fetcher = web.fetcher()
    fetcher.fetch(KEYS, "credential")
    fetcher.fetch(KEYS, "credential")
    assert "cookie" not in web.log[1].headers
    assert "authorization" not in web.log[1].headers


# -- redirects --------------------------------------------------------------------------------------------------------

BOUND: tuple[Purpose, ...] = ("controller", "key", "key-set", "status-list", "revocation-list", "registry")
FREE: tuple[Purpose, ...] = ("credential", "badge", "refresh", "schema", "resource", "issuer-page")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("purpose", ["controller", "credential"])
def test_redirects_on_one_host_are_followed(web: Web, status: int, purpose: Purpose) -> None:
    web.behave(KEYS, "redirect", to="/new/did.json?a=b", status=status)
    web.put("https://ed.sc.example/new/did.json?a=b", b"{}")
    fetched = web.fetcher().fetch(KEYS, purpose)
    assert fetched.url == KEYS
    assert fetched.location == "https://ed.sc.example/new/did.json?a=b"


@pytest.mark.parametrize("purpose", BOUND)
@pytest.mark.parametrize("to", ["https://other.example/did.json", "https://ed.sc.example:8443/did.json"])
def test_who_speaks_for_a_host_stays_on_it(web: Web, purpose: Purpose, to: str) -> None:
    web.behave(KEYS, "redirect", to=to)
    web.put(to, {})
    assert "another host" in reason(web.fetcher(), KEYS, purpose)
    assert len(web.log) == 1


@pytest.mark.parametrize("purpose", FREE)
def test_others_may_move_to_another_host(web: Web, purpose: Purpose) -> None:
    web.behave(KEYS, "redirect", to="https://other.example/did.json")
    web.put("https://other.example/did.json", {})
    fetched = web.fetcher(purposes=EVERYTHING).fetch(KEYS, purpose)
    assert fetched.location == "https://other.example/did.json"
    assert web.looked_up == ["ed.sc.example", "other.example"]


def test_every_purpose_is_bound_or_free() -> None:
    assert set(BOUND) | set(FREE) == EVERYTHING
    assert set(BOUND) & set(FREE) == set()


@pytest.mark.parametrize(
    "to",
    [
        "http://other.example/",
        "http://ed.sc.example/",
        "https://127.0.0.1/",
        "https://localhost/",
        "https://inside/",
        "https://inside.example/",
        "file:///etc/passwd",
        "https://169.254.169.254/latest/meta-data/",
        "\\\\10.0.0.1\\x",
        "https://ed.sc.example@10.0.0.1/",
        "https://[::ffff:10.0.0.1]/",
        "gopher://ed.sc.example/",
    ],
)
def test_a_redirect_is_checked_like_any_address(web: Web, to: str) -> None:
    web.host("inside.example", addresses=("10.0.0.1",))
    web.behave(KEYS, "redirect", to=to)
    for development in (False, True):
        dialled = len(web.dialled)
        reason(web.fetcher(allow_loopback_http=development), KEYS, "credential")
        assert len(web.dialled) == dialled + 1


def test_redirects_are_counted(web: Web) -> None:
    for number in range(MAXIMUM_REDIRECTS + 1):
        web.behave(f"https://ed.sc.example/{number}", "redirect", to=f"/{number + 1}")
    web.put(f"https://ed.sc.example/{MAXIMUM_REDIRECTS + 1}", {})
    fetcher = web.fetcher()
    assert "more than 3 times" in reason(fetcher, "https://ed.sc.example/0", "credential")
    assert fetcher.fetch("https://ed.sc.example/1", "credential").location == "https://ed.sc.example/4"
    web.behave(KEYS, "redirect", to=KEYS)
    assert "more than 3 times" in reason(fetcher, KEYS)


def test_a_redirect_to_nowhere_is_no_document(web: Web) -> None:
    web.put(KEYS, b"", status=302)
    assert "answered 302 Found" in reason(web.fetcher(), KEYS)


# -- answers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "phrase"),
    [
        (404, "404 Not Found"),
        (410, "410 Gone"),
        (403, "403 Forbidden"),
        (500, "500 Internal Server Error"),
        (204, "204 No Content"),
        (206, "206 Partial Content"),
        (599, "599"),
    ],
)
def test_only_a_whole_document_is_one(web: Web, status: int, phrase: str) -> None:
    web.put(KEYS, b'{"id": 1}', status=status)
    assert reason(web.fetcher(), KEYS) == f"the server answered {phrase}"


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ("slow", "did not answer in time"),
        ("hang", "did not answer in time"),
        ("drip", "did not answer in time"),
        ("drip-headers", "did not answer in time"),
        ("informational", "did not answer in time"),
        ("close", "broke off"),
        ("reset", "broke off"),
        ("truncate", "broke off"),
        ("garbage", "broke off"),
        ("huge", "larger than"),
        ("huge-announced", "larger than"),
        ("huge-headers", "headers"),
        ("gzip", "compressed"),
    ],
)
def test_servers_that_misbehave_cost_no_more_than_the_deadline(web: Web, how: Any, expected: str) -> None:
    web.behave(KEYS, how, **({"seconds": 60} if how == "slow" else {}))
    timeouts = Timeouts(total=20.0) if how == "huge" else SHORT
    assert expected in reason(web.fetcher(timeouts=timeouts), KEYS)


def test_a_connection_that_never_speaks_tls_is_left() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:

        class ToTheSilent(GuardedFetcher):
            def _dial(self, address: str, port: int, timeout: float) -> httpcore2.NetworkStream:
                return super()._dial("127.0.0.1", silent.getsockname()[1], timeout)

        fetcher = ToTheSilent(resolve=lambda host, port: ["93.184.0.1"], timeouts=SHORT, ssl_context=client_context())
        assert "no secure connection" in reason(fetcher, KEYS)


@pytest.mark.parametrize(
    ("purpose", "cap"),
    [("controller", 1000), ("status-list", 4000), ("badge", 1000), ("credential", 8000), ("resource", 8000)],
)
def test_each_purpose_has_its_size(web: Web, purpose: Purpose, cap: int) -> None:
    fetcher = web.fetcher(limits=Limits(document_bytes=1000, input_bytes=8000), purposes=EVERYTHING)
    web.put("https://ed.sc.example/fits", b"x" * cap)
    web.put("https://ed.sc.example/large", b"x" * (cap + 1))
    assert len(fetcher.fetch("https://ed.sc.example/fits", purpose).body) == cap
    assert f"larger than {cap} bytes" in reason(fetcher, "https://ed.sc.example/large", purpose)


def test_a_reason_holds_nothing_of_a_strangers_words(web: Web) -> None:
    web.put(KEYS, b"<script>", status=404, headers={"X-Reason": "<script>"})
    assert "<script>" not in reason(web.fetcher(), KEYS)


def test_whatever_breaks_is_a_fetch_error(web: Web) -> None:
    class Broken(GuardedFetcher):
        def _dial(self, address: str, port: int, timeout: float) -> httpcore2.NetworkStream:
            raise RuntimeError("a fault of ours")

    assert "broke (RuntimeError)" in reason(Broken(resolve=web.resolve), web.put(KEYS, {}))
    assert "broke" in reason(web.fetcher(clock=lambda: 1 / 0), KEYS)


def test_a_closed_fetcher_fetches_nothing(web: Web) -> None:
    web.put(KEYS, {}, headers={"Cache-Control": "max-age=300"})
    with web.fetcher() as fetcher:
        fetcher.fetch(KEYS, "controller")
    assert "closed" in reason(fetcher, KEYS)


# -- many at once -----------------------------------------------------------------------------------------------------


def test_one_request_serves_all_who_wait_for_it(web: Web) -> None:
    web.put(KEYS, {"version": 1})
    started = threading.Barrier(8)
    hold = threading.Event()

    def slow(seen: Seen) -> Answer:
        hold.wait(PATIENCE)
        return Answer(b'{"version": 1}')

    url = web.answer("https://ed.sc.example/slow", slow)
    fetcher = web.fetcher()

    def fetch(_: int) -> bytes:
        started.wait(PATIENCE)
        return fetcher.fetch(url, "controller").body

    with ThreadPoolExecutor(8) as pool:
        results = [pool.submit(fetch, number) for number in range(8)]
        while not web.asked(url):
            time.sleep(0.01)
        hold.set()
        assert {result.result(PATIENCE) for result in results} == {b'{"version": 1}'}
    assert web.asked(url) == 1


def test_those_who_wait_learn_of_the_failure(web: Web) -> None:
    url = web.behave("https://ed.sc.example/hang", "hang")
    fetcher = web.fetcher(timeouts=SHORT)
    with ThreadPoolExecutor(4) as pool:
        reasons = list(pool.map(lambda _: reason(fetcher, url), range(4)))
    assert set(reasons) == {"the server did not answer in time"}
    assert web.asked(url) == 1


def test_a_host_is_asked_by_few_at_a_time(web: Web) -> None:
    urls = [web.behave(f"https://ed.sc.example/{number}", "slow", seconds=0.05) for number in range(12)]
    for url in urls:
        web._answers[url.removeprefix("https://")] = Answer(b"{}")
    fetcher = web.fetcher(timeouts=Timeouts(per_host=2))
    with ThreadPoolExecutor(12) as pool:
        assert len(list(pool.map(lambda url: fetcher.fetch(url, "controller"), urls))) == 12
    assert web.busiest <= 2
    assert fetcher._turns._hosts == {}


def test_waiting_for_a_turn_ends_with_the_deadline(web: Web) -> None:
    web.put(KEYS, {})
    fetcher = web.fetcher(timeouts=Timeouts(total=0.3, per_host=1))
    with fetcher._turns.of("ed.sc.example", _Deadline(PATIENCE)):
        assert "waiting" in reason(fetcher, KEYS, "credential")
    assert fetcher.fetch(KEYS, "credential").body == b"{}"


# -- development ------------------------------------------------------------------------------------------------------


@pytest.fixture
def plain() -> Iterator[Web]:
    with Web(tls=False) as web:
        yield web


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_this_machine_is_asked_by_plain_http_where_that_is_allowed(plain: Web, host: str) -> None:
    url = plain.put(plain.url("/list").replace("localhost", host), {})
    assert plain.fetcher(allow_loopback_http=True).fetch(url, "status-list").body == b"{}"
    assert "verifying machine itself" in reason(plain.fetcher(), url)
    assert plain.looked_up == []


def test_a_did_web_on_this_machine_is_found_without_tls(plain: Web) -> None:
    identifier = f"did:web:localhost%3A{plain.port}"
    document = v.key_document(v.web_signer(identifier))
    plain.put(plain.url("/.well-known/did.json"), document)
    fetcher = plain.fetcher(allow_loopback_http=True)
    found = resolve_did(identifier, fetcher)
    assert found.document == document
    assert found.url == f"https://localhost:{plain.port}/.well-known/did.json"
    # What was learnt is kept, and is given up when it is no longer so.
    plain.put(plain.url("/other"), {})
    dialled = len(plain.dialled)
    fetcher.fetch(f"https://localhost:{plain.port}/other", "controller")
    assert len(plain.dialled) == dialled + 1


def test_tls_on_this_machine_is_used_where_it_is_spoken(web: Web) -> None:
    url = web.put(web.url("/did.json"), {})
    assert url.startswith("https://localhost")
    assert web.fetcher(allow_loopback_http=True).fetch(url, "controller").body == b"{}"
    web.host("localhost", certificate="stranger")
    other = web.put(web.url("/other.json"), {})
    assert "certificate was not accepted" in reason(web.fetcher(allow_loopback_http=True), other)


def test_nothing_listens_there(plain: Web) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    fetcher = GuardedFetcher(allow_loopback_http=True, timeouts=SHORT)
    assert "could not be reached" in reason(fetcher, f"https://localhost:{port}/did.json")
    assert "could not be reached" in reason(fetcher, f"http://127.0.0.1:{port}/did.json")


def test_development_opens_no_other_host(plain: Web) -> None:
    plain.put("http://ed.sc.example/did.json", {})
    fetcher = plain.fetcher(allow_loopback_http=True)
    assert "https://" in reason(fetcher, "http://ed.sc.example/did.json")
    plain.host("ed.sc.example", addresses=("127.0.0.1",))
    assert "leads to" in reason(fetcher, KEYS)
    assert plain.dialled == []


def test_redirects_on_this_machine_are_followed_and_lead_nowhere_else(plain: Web) -> None:
    plain.behave(plain.url("/a"), "redirect", to="/b")
    plain.put(plain.url("/b"), {})
    plain.behave(plain.url("/c"), "redirect", to="http://ed.sc.example/b")
    fetcher = plain.fetcher(allow_loopback_http=True)
    assert fetcher.fetch(plain.url("/a"), "controller").location == plain.url("/b")
    assert fetcher.fetch(plain.url("/a").replace("http:", "https:"), "controller").body == b"{}"
    assert "not asked" in reason(fetcher, plain.url("/c"), "credential")


# -- with the rest ----------------------------------------------------------------------------------------------------


def test_a_badge_is_verified_over_the_network(web: Web) -> None:
    signer = v.web_signer("did:web:lakeside.example")
    web.put("https://lakeside.example/.well-known/did.json", v.key_document(signer))
    web.put(v.LIST, v.status_list(by=signer), media_type="application/vc")
    credential = v.sign(v.badge(signer.controller, credentialStatus=v.status_entry()), signer)
    fetcher = web.fetcher(clock=lambda: v.NOW)
    verifier = v.Verifier(policy=v.DEFAULT, fetcher=fetcher, trust=None, software="badgeport test")
    report = verifier.inspect(credential, now=v.NOW)
    assert report.verdict.value == "valid"
    assert {document.url for document in report.documents} == {
        "https://lakeside.example/.well-known/did.json",
        v.LIST,
    }
    web.host("lakeside.example", down="refused")
    assert verifier.inspect(credential, now=v.NOW).verdict.value == "valid"
    down = v.Verifier(policy=v.DEFAULT, fetcher=web.fetcher(clock=lambda: v.NOW), trust=None, software="t")
    assert down.inspect(credential, now=v.NOW).verdict.value == "undetermined"


def test_a_recorder_over_the_network_keeps_what_was_had(web: Web) -> None:
    web.put(KEYS, {})
    recorder = Recorder(web.fetcher())
    recorder.fetch(KEYS, "controller")
    with pytest.raises(FetchError):
        recorder.fetch("https://127.0.0.1/", "key")
    assert list(recorder.bodies()) == [KEYS]
    assert [failure.purpose for failure in recorder.failures()] == ["key"]


def test_the_verifier_imports_no_http_client() -> None:
    script = "import sys, badgeport.verifier.verifier; print(sorted({'httpcore2', 'httpx2', 'ssl'} & set(sys.modules)))"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    result = subprocess.run(
        [sys.executable, "-I", "-c", script], capture_output=True, text=True, check=True, env=environment
    )
    assert "http" not in result.stdout


def test_tls_is_modern_and_verified() -> None:
    fetcher = GuardedFetcher()
    context = fetcher._tls()
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
