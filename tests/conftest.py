"""Set-up shared by all tests: Hypothesis profiles, and the count of proof suites that really ran."""

import gc
import os
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from badgeport.issuer.people import passwords
from badgeport.keys.custody import pkcs8
from badgeport.proofs.canonicalization import engines

SUITES = (
    "eddsa-rdfc-2022",
    "eddsa-jcs-2022",
    "ecdsa-rdfc-2019",
    "ecdsa-jcs-2019",
    "ecdsa-sd-2023",
    "Ed25519Signature2020",
    "vc-jwt",
    "vc+jwt",
    "vp+jwt",
    "vc+sd-jwt",
)
"""Every way of securing that must be proven by the project's own fixtures, with nothing beside the checkout."""

DEAR = (
    "e2e/test_issuer_axe.py",
    "e2e/test_programs_in_browser.py",
    "e2e/test_page_in_browser.py",
    "service/test_issuer_authorization.py",
    "adversarial/test_intake_fuzz.py",
    "e2e/test_portability_in_browser.py",
    "e2e/test_recognition_in_browser.py",
    "adversarial/test_review_service_f3.py",
    "service/test_issuer_process.py",
    "service/test_issuer_people_sign_in.py",
    "adversarial/test_kill_worker.py",
    "adversarial/test_kill_batch.py",
    "service/test_readme.py",
    "property/test_recognition_decision.py",
    "service/test_same_verdict.py",
    "property/test_issuing_machine.py",
    "service/test_issuer_schemathesis.py",
    "service/test_api_schemathesis.py",
    "service/test_database_backup.py",
)
"""The files that take longest. They are begun first, so that at the end no process works alone on one of them."""

_relaxed = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture]
settings.register_profile("ci", derandomize=True, max_examples=40, deadline=None, suppress_health_check=_relaxed)
settings.register_profile("long", max_examples=2_000, deadline=None, suppress_health_check=_relaxed)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

_ran: Counter[str] = Counter()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "suite(name): proves the named way of securing with the project's own fixtures")


def pytest_report_header() -> str:
    return f"JSON-LD engine: {engines.choice()}"


def pytest_collection_finish() -> None:
    # What was collected stays to the end: the collector of garbage need not go through all of it again and again.
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {Path(__file__).parent / name: place for place, name in enumerate(DEAR)}
    items.sort(key=lambda item: places.get(item.path, len(DEAR)))
    for item in items:
        for marker in item.iter_markers("suite"):
            item.user_properties.append(("suite", marker.args[0]))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call" and report.passed:
        _ran.update(str(value) for name, value in report.user_properties if name == "suite")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if not os.environ.get("BADGEPORT_CI") or hasattr(session.config, "workerinput"):
        return
    missing = [name for name in SUITES if not _ran[name]]
    if missing:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        print(f"\nno test proved: {', '.join(missing)}")


@pytest.fixture(autouse=True, scope="module")
def _cheap_passphrases(request: pytest.FixtureRequest) -> Iterator[None]:
    """Key files of tests need not withstand guessing; those of the tests about key files are made as always."""
    with pytest.MonkeyPatch.context() as patch:
        if "keys" not in request.path.parts:
            patch.setattr(pkcs8, "_SCRYPT_N", 16)
            patch.setattr(pkcs8, "_SCRYPT_P", 1)
        # Nor need passwords of people: what they really cost is looked at where signing in is.
        patch.setattr(passwords, "_hasher", _cheap_hasher)
        yield


@cache
def _cheap_hasher() -> PasswordHash:
    return PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))


@pytest.fixture(autouse=True)
def _no_secrets_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests neither see nor need the settings of whoever runs them, but for the engine the suite is run with."""
    for name in list(os.environ):
        if name.startswith("BADGEPORT_") and name not in ("BADGEPORT_CI", engines.VARIABLE):
            monkeypatch.delenv(name)
