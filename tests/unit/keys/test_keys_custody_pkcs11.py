"""Custody in a PKCS#11 token, against SoftHSM2."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from badgeport.keys.custody import open_signer
from badgeport.keys.custody.memory import register
from badgeport.keys.types import KeyType
from badgeport.schemas.problems import KEY_CUSTODY_ERROR, ProblemError

MODULES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/softhsm/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
)
PIN = "918273"
TOKEN = "badgeport test"

CURVE_OIDS = {
    KeyType.P256: bytes.fromhex("06082a8648ce3d030107"),
    KeyType.P384: bytes.fromhex("06052b81040022"),
    KeyType.P521: bytes.fromhex("06052b81040023"),
    KeyType.ED25519: bytes.fromhex("130c656477617264733235353139"),
}


@dataclass
class Token:
    module: str
    session: Any

    def uri(self, label: str, **query: str) -> str:
        options = {"module-path": self.module, "pin-source": "env:SOFTHSM_TEST_PIN"} | query
        tail = "&".join(f"{name}={value}" for name, value in options.items() if value)
        return f"pkcs11:token={TOKEN.replace(' ', '%20')};object={label}?{tail}"


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Token]:
    pkcs11 = pytest.importorskip("pkcs11", reason="python-pkcs11 is not installed")
    module = next((path for path in MODULES if Path(path).exists()), None)
    utility = shutil.which("softhsm2-util")
    if module is None or utility is None:
        pytest.skip("SoftHSM2 is not installed")
    home = tmp_path_factory.mktemp("softhsm")
    (home / "tokens").mkdir()
    (home / "softhsm2.conf").write_text(f"directories.tokendir = {home / 'tokens'}\nlog.level = ERROR\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOFTHSM2_CONF", str(home / "softhsm2.conf"))
        patch.setenv("SOFTHSM_TEST_PIN", PIN)
        command = [utility, "--init-token", "--free", "--label", TOKEN, "--pin", PIN, "--so-pin", "00112233"]
        subprocess.run(command, check=True, capture_output=True)
        pkcs11.unload(module)
        session = pkcs11.lib(module).get_token(token_label=TOKEN).open(rw=True, user_pin=PIN)
        for key_type, parameters in CURVE_OIDS.items():
            kind = pkcs11.KeyType.EC_EDWARDS if key_type is KeyType.ED25519 else pkcs11.KeyType.EC
            domain = session.create_domain_parameters(kind, {pkcs11.Attribute.EC_PARAMS: parameters}, local=True)
            domain.generate_keypair(store=True, label=str(key_type), id=key_type.encode())
        session.generate_keypair(pkcs11.KeyType.RSA, 2048, store=True, label="rsa", id=b"rsa")
        session.generate_keypair(pkcs11.KeyType.RSA, 1024, store=True, label="weak", id=b"weak")
        # Two halves of different pairs under one name.
        halves = (
            session.generate_keypair(pkcs11.KeyType.RSA, 2048, store=True, label="a"),
            session.generate_keypair(pkcs11.KeyType.RSA, 2048, store=True, label="b"),
        )
        halves[0][0][pkcs11.Attribute.LABEL] = "mixed"
        halves[1][1][pkcs11.Attribute.LABEL] = "mixed"
        session.close()
        yield Token(module, None)
        from badgeport.keys.custody import pkcs11 as custody

        custody._sessions.clear()
        pkcs11.unload(module)


@pytest.mark.parametrize("key_type", [KeyType.P256, KeyType.P384, KeyType.ED25519, KeyType.RSA])
def test_a_token_key_signs_what_its_public_key_verifies(token: Token, key_type: KeyType) -> None:
    signer = open_signer(token.uri(str(key_type)))
    assert signer.public_key.key_type is key_type
    signature = signer.sign(b"message")
    assert signer.public_key.verify(signature, b"message")
    assert not signer.public_key.verify(signature, b"another message")


def test_two_signers_share_the_token(token: Token) -> None:
    one, other = open_signer(token.uri("p256")), open_signer(token.uri("ed25519"))
    assert one.public_key.verify(one.sign(b"m"), b"m")
    assert other.public_key.verify(other.sign(b"m"), b"m")


def test_a_key_is_found_by_its_id(token: Token) -> None:
    uri = token.uri("p256").replace("object=p256", "id=%70%32%35%36;type=private")
    assert open_signer(uri).public_key == open_signer(token.uri("p256")).public_key


def test_the_key_on_record_must_be_the_one_in_the_token(token: Token) -> None:
    other = open_signer(register("keys-pkcs11-other", KeyType.P256)).public_key
    with pytest.raises(ProblemError, match="another key than the one on record"):
        open_signer(token.uri("p256"), public_key=other)


def test_names_are_kept(token: Token) -> None:
    signer = open_signer(token.uri("p256"), controller="did:web:issuer.example")
    assert signer.controller == "did:web:issuer.example"
    assert signer.verification_method == f"did:web:issuer.example#{signer.public_key.to_multikey()}"


@pytest.mark.parametrize(
    ("label", "reason"),
    [("absent", "NoSuchKey"), ("p521", "not supported"), ("weak", "not a sound key"), ("mixed", "does not belong")],
)
def test_a_key_that_cannot_be_used_is_refused(token: Token, label: str, reason: str) -> None:
    with pytest.raises(ProblemError, match=reason) as caught:
        open_signer(token.uri(label))
    assert caught.value.problem.type == KEY_CUSTODY_ERROR


def test_an_absent_token_and_an_absent_driver_are_refused(token: Token) -> None:
    with pytest.raises(ProblemError, match="NoSuchToken"):
        open_signer(token.uri("p256").replace("token=badgeport%20test", "token=other"))
    with pytest.raises(ProblemError, match="could not be used"):
        open_signer(token.uri("p256", **{"module-path": "/nonexistent/driver.so"}))


@pytest.mark.parametrize(
    ("uri", "reason"),
    [
        ("pkcs11:token=t;object=o", "needs module-path"),
        ("pkcs11:token=t?module-path=/m.so", "an object or id"),
        ("pkcs11:object=o?module-path=/m.so", "a token or serial"),
        ("pkcs11:token=t;object=o;type=public?module-path=/m.so", "not a private key"),
        ("pkcs11:token=t;object=o?module-path=/m.so&pin-value=1234", "does not belong in a key URI"),
        ("pkcs11:token=t;object=o?module-path=/m.so&pin-source=file:/pin", "not env:NAME"),
        ("pkcs11:token=t;token=u;object=o?module-path=/m.so", "given twice"),
        ("pkcs11:token=;object=o?module-path=/m.so", "empty"),
        ("pkcs11:token=t;object=o;slot-id=1?module-path=/m.so", "nothing else"),
    ],
)
def test_a_malformed_uri_is_refused(uri: str, reason: str) -> None:
    with pytest.raises(ProblemError, match=reason) as caught:
        open_signer(uri)
    assert caught.value.problem.type == KEY_CUSTODY_ERROR
    assert "1234" not in str(caught.value)


def test_the_pin_is_asked_for_where_the_uri_names_no_source(token: Token) -> None:
    from badgeport.keys.custody import pkcs11 as custody

    for held in custody._sessions.values():
        held.session.close()
    custody._sessions.clear()
    uri = token.uri("p256", **{"pin-source": ""})
    with pytest.raises(ProblemError, match="needs its PIN"):
        open_signer(uri)
    with pytest.raises(ProblemError, match="PinIncorrect") as caught:
        open_signer(uri, passphrase=lambda: "000000")
    assert "000000" not in str(caught.value)
    assert open_signer(uri, passphrase=lambda: PIN).sign(b"m")


def test_a_token_that_has_gone_is_refused(token: Token) -> None:
    from badgeport.keys.custody import pkcs11 as custody

    signer = open_signer(token.uri("p256"))
    for held in custody._sessions.values():
        held.session.close()
    custody._sessions.clear()
    with pytest.raises(ProblemError, match="did not sign") as caught:
        signer.sign(b"message")
    assert caught.value.problem.type == KEY_CUSTODY_ERROR


# The binding's search iterator complains again, when it is collected, of the session that has gone.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_token_that_came_back_is_opened_anew(token: Token) -> None:
    from badgeport.keys.custody import pkcs11 as custody

    open_signer(token.uri("p256"))
    for held in custody._sessions.values():
        held.session.close()
    with pytest.raises(ProblemError, match="SessionHandleInvalid"):
        open_signer(token.uri("p256"))
    assert open_signer(token.uri("p256")).sign(b"message")


def test_without_the_binding_the_package_to_install_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pkcs11", None)
    with pytest.raises(ProblemError, match=r"badgeport\[pkcs11\]"):
        open_signer("pkcs11:token=t;object=o?module-path=/m.so&pin-source=env:PIN")
