"""The settings of the service: what is read, what is refused and how plainly, and that no secret is shown."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from badgeport.schemas.problems import ProblemError
from badgeport.service.app import create_app
from badgeport.service.settings import Settings, SettingsError, unknown_variables
from badgeport.verifier.policy import DEFAULT
from support import serving


def _read(**variables: str) -> Settings:
    return Settings.from_environment({f"BADGEPORT_{name}": value for name, value in variables.items()})


def test_nothing_set_is_enough() -> None:
    settings = Settings.from_environment({})
    assert settings == Settings()
    assert settings.rate_limit == "120/minute"
    assert settings.allow_loopback_http is False
    assert settings.trusted_proxies == 0


def test_everything_set(tmp_path: Path) -> None:
    (tmp_path / "trust.json").write_text("{}")
    folder = tmp_path / "policies"
    folder.mkdir()
    for name in ("b.json", "a.json", "notes.txt"):
        (folder / name).write_text("{}")
    settings = _read(
        DATA_DIR=str(tmp_path / "data"),
        ROLE="verifier",
        PUBLIC_URL="https://verify.example.org/",
        CONTEXTS=str(tmp_path),
        TRUST=str(tmp_path / "trust.json"),
        POLICY=os.pathsep.join([str(folder), str(tmp_path / "trust.json")]),
        ALLOW_LOOPBACK_HTTP="yes",
        LOG_LEVEL="DEBUG",
        WORKERS="4",
        RATE_LIMIT="10/second",
        TRUSTED_PROXIES="2",
        RECEIPT_KEY="file:/keys/receipts.pem",
        RECEIPT_NAME="State Board",
        PASSPHRASE=" with spaces ",
    )
    assert settings.public_url == "https://verify.example.org"
    assert [path.name for path in settings.policies] == ["a.json", "b.json", "trust.json"]
    assert settings.allow_loopback_http is True
    assert (settings.log_level, settings.workers, settings.rate_limit) == ("debug", 4, "10/second")
    assert settings.passphrase == " with spaces "


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ROLE", "everything"),
        ("PUBLIC_URL", "verify.example.org"),
        ("PUBLIC_URL", "https://verify.example.org/?a=b"),
        ("PUBLIC_URL", "javascript:alert(1)"),
        ("CONTEXTS", "/nonexistent"),
        ("TRUST", "/nonexistent"),
        ("POLICY", "/nonexistent"),
        ("ALLOW_LOOPBACK_HTTP", "maybe"),
        ("LOG_LEVEL", "loud"),
        ("WORKERS", "0"),
        ("WORKERS", "many"),
        ("WORKERS", "٣"),
        ("WORKERS", "1000"),
        ("TRUSTED_PROXIES", "-1"),
        ("RATE_LIMIT", "often"),
        ("RATE_LIMIT", "0/minute"),
        ("RATE_LIMIT", "1/fortnight"),
        ("VC_API_INSTANCES", "yes"),
    ],
)
def test_what_cannot_be_used_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"^BADGEPORT_{name} "):
        _read(**{name: value})


def test_an_empty_directory_of_policies_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"no \.json file"):
        _read(POLICY=str(tmp_path))


@pytest.mark.parametrize("off", ["off", "no", "0", "OFF"])
def test_the_rate_limit_can_be_switched_off(off: str) -> None:
    assert _read(RATE_LIMIT=off).rate_limit is None


def test_secrets_are_masked() -> None:
    settings = _read(PASSPHRASE="correct horse", RECEIPT_KEY="pkcs11:token=x?pin-value=1234")
    shown = f"{dict(settings.lines())} {settings!r}"
    assert "correct horse" not in shown
    assert "1234" not in dict(settings.lines())["RECEIPT_KEY"]
    assert dict(settings.lines())["PASSPHRASE"] == "(set, not shown)"
    assert "secret" not in dict(_read(RECEIPT_KEY="file:/k.pem?pass=secret").lines())["RECEIPT_KEY"]


def test_misspelt_variables_are_noticed() -> None:
    given = {
        "BADGEPORT_TRSUT": "x",
        "BADGEPORT_TRUST": "y",
        "BADGEPORT_ROLE": "all",
        "BADGEPORT_SMTP_URL": "z",
        "PATH": "",
    }
    assert unknown_variables(given) == ("BADGEPORT_TRSUT",)


# -- put to use -----------------------------------------------------------------------------------------------------


def test_policies_of_the_operator_can_be_asked_for(tmp_path: Path) -> None:
    policy = tmp_path / "strict.json"
    policy.write_text(json.dumps({**DEFAULT.to_json(), "name": "strict", "recognizedIssuersOnly": True}))
    api = serving.client(serving.application(tmp_path / "data", policies=(policy,)))
    from support import verifying as v

    good = v.sign(v.badge())
    assert api.post("/api/v1/verify", content=good).json()["verdict"] == "valid"
    report = api.post("/api/v1/verify", params={"policy": "strict"}, content=good).json()
    assert (report["verdict"], report["policy"]) == ("invalid", "strict")


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("policies", "not json"),
        ("policies", "{}"),
        ("policies", json.dumps({"name": "default", "require": ["signature"]})),
        ("policies", json.dumps({"name": "mine", "require": ["signature"], "reqiure": []})),
        ("trust", "not json"),
    ],
)
def test_a_file_that_cannot_be_used_stops_the_start(tmp_path: Path, name: str, body: str) -> None:
    path = tmp_path / "file.json"
    path.write_text(body)
    variable = {"policies": "POLICY", "trust": "TRUST"}[name]
    with pytest.raises(SettingsError, match=f"BADGEPORT_{variable}: .*file.json"):
        serving.application(tmp_path / "data", **{name: (path,)})


def test_contexts_without_a_manifest_stop_the_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="manifest"):
        serving.application(tmp_path / "data", contexts=tmp_path)


def test_a_data_directory_that_cannot_be_made_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match="BADGEPORT_DATA_DIR"):
        serving.application(tmp_path / "file")


def test_storage_that_is_something_else_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "verifier.sqlite").write_bytes(b"something else" * 1000)
    with pytest.raises(ProblemError):
        serving.application(tmp_path)


def test_an_issuer_needs_its_secrets(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="BADGEPORT_SECRET_KEY"):
        create_app(Settings(data_dir=tmp_path, role="issuer"))
    with pytest.raises(SettingsError, match="fewer than 32"):
        create_app(Settings(data_dir=tmp_path, public_url="https://badges.example", secret_key="short"))


def test_a_receipt_key_is_opened_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="BADGEPORT_RECEIPT_KEY"):
        serving.application(tmp_path / "data", receipt_key=f"file:{tmp_path / 'none.pem'}")


def test_an_encrypted_receipt_key_needs_its_passphrase(tmp_path: Path) -> None:
    from badgeport.service.cli.app import run

    secret = tmp_path / "secret"
    secret.write_text("correct horse battery staple")
    secret.chmod(0o600)
    key = tmp_path / "receipts.pem"
    assert run(["keys", "new", "--alg", "ed25519", "--passphrase-file", str(secret), "-o", str(key)]) == 0
    with pytest.raises(SettingsError, match="BADGEPORT_PASSPHRASE"):
        serving.application(tmp_path / "a", receipt_key=f"file:{key}")
    with pytest.raises(SettingsError, match="BADGEPORT_RECEIPT_KEY"):
        serving.application(tmp_path / "b", receipt_key=f"file:{key}", passphrase="wrong")
    app = serving.application(tmp_path / "c", receipt_key=f"file:{key}", passphrase="correct horse battery staple")
    assert app.state.desk.receipts is not None


def test_the_data_directory_is_its_owners(tmp_path: Path) -> None:
    serving.application(tmp_path / "data")
    assert (tmp_path / "data").stat().st_mode & 0o077 == 0
