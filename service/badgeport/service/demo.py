"""The main job end to end, offline: two programs award badges in every format; frauds are refused.

What it leaves behind is described in the README and is itself a test bed: every file below ``credentials`` and
``images`` verifies with ``badgeport verify --offline --documents DIR/documents``, and none below ``refused`` does.
"""

from __future__ import annotations

import secrets
import shutil
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from badgeport.issuer import documents, images, qr, samples, status_lists
from badgeport.issuer.award import parse_award
from badgeport.issuer.mint import Minted, mint
from badgeport.keys.custody import file as key_files
from badgeport.keys.lifecycle import KeyRecord
from badgeport.keys.signer import Signer
from badgeport.keys.types import KeyType
from badgeport.proofs import sd_jwt
from badgeport.proofs.secured import secure
from badgeport.proofs.suites import ecdsa_sd
from badgeport.schemas import carrier, contexts, jsontext
from badgeport.service.cli.console import (
    UNDETERMINED,
    USAGE,
    VALID,
    fail,
    print_json,
    reason,
    say,
    software,
    write_file,
)
from badgeport.verifier.report import Outcome, Verdict, VerificationReport
from badgeport.verifier.resolution.directory import DocumentDirectory
from badgeport.verifier.verifier import Verifier

MARK = ".badgeport-demo"
DISTRICT = "did:web:badges.prairie-crossing.example"
COOPERATIVE = "did:web:credentials.three-rivers-coop.example"
STRANGER = "did:web:badges.elsewhere.example"
FORMATS = (
    ("eddsa-rdfc-2022", KeyType.ED25519, "eddsa-rdfc-2022.json"),
    ("eddsa-jcs-2022", KeyType.ED25519, "eddsa-jcs-2022.json"),
    ("ecdsa-rdfc-2019", KeyType.P256, "ecdsa-rdfc-2019-p256.json"),
    ("ecdsa-rdfc-2019", KeyType.P384, "ecdsa-rdfc-2019-p384.json"),
    ("ecdsa-jcs-2019", KeyType.P256, "ecdsa-jcs-2019-p256.json"),
    ("ecdsa-jcs-2019", KeyType.P384, "ecdsa-jcs-2019-p384.json"),
    ("ecdsa-sd-2023", KeyType.P256, "ecdsa-sd-2023.json"),
    ("vc-jwt", KeyType.P256, "vc-jwt-es256.jwt"),
    ("vc-jwt", KeyType.RSA, "vc-jwt-rs256.jwt"),
    ("vc+jwt", KeyType.P256, "vc+jwt.jwt"),
    ("vc+sd-jwt", KeyType.P256, "vc+sd-jwt.sd-jwt"),
)
"""What the in-district badge is minted as: format, key type, and the end of the file name."""

PURPOSES = ("revocation", "suspension")
EXPLAINED = {
    "tampered": "one word of the achievement was changed after signing",
    "expired": "its validity ended before today",
    "suspended": "the district suspended it",
    "stranger": "signed by somebody else's key in the district's name",
}


@dataclass(frozen=True)
class _Kept:
    """A file of the demo: what it is, and ``valid`` or the check that is to refuse it."""

    path: Path
    expected: str
    award: str
    minted: Minted


@dataclass
class _Issuer:
    """One demo issuer: its keys, status lists and the places already given out on them."""

    did: str
    signers: dict[KeyType, Signer]
    records: list[KeyRecord]
    used: set[int] = field(default_factory=set)
    suspended: set[int] = field(default_factory=set)

    @property
    def base(self) -> str:
        """Where the issuer publishes its status lists."""
        return f"https://{self.did.removeprefix('did:web:')}/status"

    def place(self) -> int:
        """A place on both lists, never given twice."""
        index = status_lists.allocate(self.used)
        self.used.add(index)
        return index

    def entries(self, index: int) -> list[dict[str, Any]]:
        """The status entries of the badge at this place."""
        return [
            status_lists.entry(f"{self.base}/{purpose}", purpose, index) for purpose in ("revocation", "suspension")
        ]


def run_demo(directory: str, *, as_json: bool) -> int:
    """Run the demo into ``directory``; returns the exit code: 0 where every badge was judged as it should be."""
    root = Path(directory)
    now = datetime.now(UTC).replace(microsecond=0)
    try:
        _prepare(root)
        summary = _Demo(root, now).run()
        write_file(root / "summary.json", jsontext.dump_pretty(summary))
    except OSError as error:
        fail(f"{error.filename or directory}: {reason(error)}")
    if as_json:
        print_json(summary)
    else:
        _print_summary(summary, directory)
    return VALID if summary["ok"] else UNDETERMINED


def _prepare(root: Path) -> None:
    """An empty directory that bears our mark; an earlier demo's own is emptied, any other is left alone."""
    if root.exists():
        if not root.is_dir():
            fail(f"{root} is a file; name a directory")
        inside = list(root.iterdir())
        if inside and not (root / MARK).is_file():
            fail(f"{root} is not empty and was not made by the demo; name another directory", USAGE)
        for path in inside:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
    root.mkdir(parents=True, exist_ok=True)
    write_file(root / MARK, b"made by badgeport demo; it may be emptied by the next one\n")
    for name in ("credentials", "holder", "images", "qr", "refused", "documents", "keys", "awards"):
        (root / name).mkdir()
    (root / "keys").chmod(0o700)


class _Demo:
    """One run: writes files and keeps the summary."""

    def __init__(self, root: Path, now: datetime) -> None:
        self._root = root
        self._now = now
        self._contexts = contexts.store()
        self._passphrase = secrets.token_urlsafe(18)
        self._rows: list[dict[str, Any]] = []
        self._kept: list[_Kept] = []
        self._awards: dict[str, dict[str, Any]] = {}

    def run(self) -> dict[str, Any]:
        """Everything, in the order a program would live it."""
        write_file(self._root / "keys" / "DEMO-PASSPHRASE", (self._passphrase + "\n").encode(), mode=0o600)
        say("Making keys for a district and a cooperative …")
        district = self._issuer(DISTRICT, "district", (KeyType.ED25519, KeyType.P256, KeyType.P384, KeyType.RSA))
        cooperative = self._issuer(COOPERATIVE, "cooperative", (KeyType.ED25519,))
        stranger = self._issuer(STRANGER, "stranger", (KeyType.ED25519,))
        say("Awarding the district's micro-credential in every format …")
        first = self._in_district(district)
        say("Awarding the cooperative's micro-endorsement, a stack of three …")
        self._stack(cooperative)
        say("Baking images and making a QR code …")
        self._images(first, district)
        say("Making four badges that must be refused …")
        self._refused(first, district, stranger)
        self._publish(district)
        self._publish(cooperative)
        say("Verifying all of it, offline …")
        return self._judge()

    def _issuer(self, did: str, name: str, key_types: tuple[KeyType, ...]) -> _Issuer:
        signers, records = {}, []
        for key_type in key_types:
            path = self._root / "keys" / f"{name}-{key_type}.json"
            # The keys are a little older than what they sign.
            created = self._now - timedelta(days=400)
            signers[key_type] = key_files.create(
                path, key_type, passphrase=self._passphrase, created=created, controller=did
            )
            records.append(key_files.public_record(path))
        return _Issuer(did, signers, records)

    def _award(self, name: str, changes: dict[str, Any] | None = None) -> dict[str, Any]:
        award = {**samples.load(name), **(changes or {})}
        write_file(self._root / "awards" / f"{name}.json", jsontext.dump_pretty(award))
        self._awards[name] = award
        return award

    def _mint(self, award: dict[str, Any], issuer: _Issuer, format: str, key_type: KeyType) -> tuple[Minted, int]:
        index = issuer.place()
        minted = mint(
            parse_award(award),
            issuer.signers[key_type],
            format,
            now=self._now,
            contexts=self._contexts,
            status_entries=issuer.entries(index),
        )
        return minted, index

    def _in_district(self, district: _Issuer) -> Minted:
        award = self._award(samples.IN_DISTRICT)
        first: Minted | None = None
        for format, key_type, ending in FORMATS:
            minted, _ = self._mint(award, district, format, key_type)
            first = first or minted
            data = minted.bytes
            if format in ("ecdsa-sd-2023", "vc+sd-jwt"):
                # What is minted here is for its holder, who derives from it what others are to see.
                write_file(self._root / "holder" / f"{samples.IN_DISTRICT}.{ending}", data)
                data = self._shown(data, format)
            self._keep("credentials", f"{samples.IN_DISTRICT}.{ending}", data, minted, samples.IN_DISTRICT)
        if first is None:
            raise AssertionError
        return first

    def _shown(self, data: bytes, format: str) -> bytes:
        """What the holder shows: the results and what is mandatory; not the evidence or the narrative."""
        chosen = ["/credentialSubject/result"]
        if format == "vc+sd-jwt":
            return sd_jwt.present(data.decode("ascii"), chosen).encode("ascii")
        return jsontext.dump(ecdsa_sd.derive(jsontext.parse_object(data), chosen, contexts=self._contexts))

    def _stack(self, cooperative: _Issuer) -> None:
        badges: dict[str, str] = {}
        for name in samples.STACK_MEMBERS:
            award = self._award(name)
            minted, _ = self._mint(award, cooperative, "eddsa-rdfc-2022", KeyType.ED25519)
            badges[award["achievement"]["id"]] = minted.credential["id"]
            self._keep("credentials", f"{name}.eddsa-rdfc-2022.json", minted.bytes, minted, name)
        loaded = samples.load(samples.STACK_ENDORSEMENT)
        award = self._award(samples.STACK_ENDORSEMENT, samples.with_badges(loaded, badges))
        minted, _ = self._mint(award, cooperative, "eddsa-rdfc-2022", KeyType.ED25519)
        name = samples.STACK_ENDORSEMENT
        self._keep("credentials", f"{name}.eddsa-rdfc-2022.json", minted.bytes, minted, name)

    def _images(self, minted: Minted, district: _Issuer) -> None:
        name = str(minted.credential["name"])
        issuer = str(minted.credential["issuer"]["name"])
        for suffix, image in (("png", images.badge_png(name)), ("svg", images.badge_svg(name, issuer))):
            baked = carrier.bake(image, minted.bytes.decode())
            self._keep("images", f"{samples.IN_DISTRICT}.{suffix}", baked, minted, samples.IN_DISTRICT)
        link = f"https://{district.did.removeprefix('did:web:')}/c/{minted.credential['id'].rpartition(':')[2]}"
        write_file(self._root / "qr" / f"{samples.IN_DISTRICT}.svg", qr.svg(link, title=f"Link to {name}"))
        write_file(self._root / "qr" / f"{samples.IN_DISTRICT}.png", qr.png(link))

    def _refused(self, minted: Minted, district: _Issuer, stranger: _Issuer) -> None:
        name = str(minted.credential["name"])
        tampered = minted.bytes.replace(name.encode(), name.upper().encode())
        self._keep("refused", "tampered.json", tampered, minted, samples.IN_DISTRICT, "signature")
        year = timedelta(days=365)
        past = {"validFrom": _date(self._now - year), "validUntil": _date(self._now - timedelta(days=1))}
        award = {**samples.load(samples.IN_DISTRICT), **past, "awardedDate": past["validFrom"]}
        expired, _ = self._mint(award, district, "eddsa-rdfc-2022", KeyType.ED25519)
        self._keep("refused", "expired.json", expired.bytes, expired, samples.IN_DISTRICT, "validity-period")
        suspended, index = self._mint(samples.load(samples.IN_DISTRICT), district, "eddsa-rdfc-2022", KeyType.ED25519)
        district.suspended.add(index)
        self._keep("refused", "suspended.json", suspended.bytes, suspended, samples.IN_DISTRICT, "status")
        # Minting refuses to sign in another's name, so the forger has to work below it.
        forged = secure(
            minted.credential,
            _Impostor(stranger.signers[KeyType.ED25519]),
            "eddsa-rdfc-2022",
            created=self._now,
            contexts=self._contexts,
        )
        self._keep("refused", "stranger.json", forged, minted, samples.IN_DISTRICT, "issuer-key")
        write_file(
            self._root / "documents" / "stranger.did.json",
            jsontext.dump_pretty(documents.did_document(STRANGER, stranger.records)),
        )

    def _publish(self, issuer: _Issuer) -> None:
        name = "district" if issuer.did == DISTRICT else "cooperative"
        folder = self._root / "documents"
        write_file(
            folder / f"{name}.did.json", jsontext.dump_pretty(documents.did_document(issuer.did, issuer.records))
        )
        for purpose in PURPOSES:
            made = status_lists.new_list(f"{issuer.base}/{purpose}", purpose)
            if purpose == "suspension":
                made = status_lists.with_statuses(made, dict.fromkeys(issuer.suspended, 1))
            signed = status_lists.issue(made, issuer.signers[KeyType.ED25519], now=self._now, contexts=self._contexts)
            write_file(folder / f"{name}.{purpose}.json", signed.bytes)

    def _keep(self, folder: str, name: str, data: bytes, minted: Minted, award: str, expected: str = "valid") -> None:
        path = self._root / folder / name
        write_file(path, data)
        self._kept.append(_Kept(path, expected, award, minted))

    def _judge(self) -> dict[str, Any]:
        verifier = Verifier(
            fetcher=DocumentDirectory(self._root / "documents"),
            contexts=self._contexts,
            software=software(),
        )
        for kept in self._kept:
            report = verifier.inspect(kept.path.read_bytes(), now=self._now)
            self._rows.append(self._row(kept, report))
        valid = [row for row in self._rows if row["expected"] == "valid"]
        refused = [row for row in self._rows if row["expected"] != "valid"]
        return {
            "badgeport": "demo",
            "software": software(),
            "checkedAt": self._now.isoformat().replace("+00:00", "Z"),
            "ok": all(row["asExpected"] for row in self._rows),
            "issuers": {"district": DISTRICT, "cooperative": COOPERATIVE},
            "awards": [_facts(name, award) for name, award in self._awards.items()],
            "valid": len([row for row in valid if row["asExpected"]]),
            "refused": len([row for row in refused if row["asExpected"]]),
            "files": self._rows,
        }

    def _row(self, kept: _Kept, report: VerificationReport) -> dict[str, Any]:
        row: dict[str, Any] = {
            "file": kept.path.relative_to(self._root).as_posix(),
            "award": kept.award,
            "name": kept.minted.credential["name"],
            "format": kept.minted.format,
            "expected": kept.expected,
            "verdict": report.verdict.value,
            "codes": list(report.codes),
        }
        if kept.expected == "valid":
            return row | {"asExpected": report.verdict is Verdict.VALID}
        check = report.check(kept.expected)
        return row | {
            "asExpected": report.verdict is Verdict.INVALID and check.outcome is Outcome.FAILED,
            "reason": EXPLAINED[kept.path.stem],
            "message": check.message,
        }


def _facts(name: str, award: dict[str, Any]) -> dict[str, Any]:
    """One award as the closing page tells it."""
    credits = award["credits"]
    plural = "" if credits == 1 else "s"
    return {
        "award": name,
        "issuer": award["issuer"]["name"],
        "name": award["achievement"]["name"],
        "recipient": award["recipient"]["name"],
        "credit": f"{credits:g} {award['creditUnit']}{plural}",
    }


class _Impostor:
    """Somebody's own key, presented as the district's: what a forger does."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer
        self.public_key = signer.public_key
        self.verification_method = signer.verification_method
        self.controller = DISTRICT

    def sign(self, message: bytes) -> bytes:
        return self._signer.sign(message)


def _date(instant: datetime) -> str:
    return instant.date().isoformat()


def _print_summary(summary: dict[str, Any], directory: str) -> None:
    """The closing page: what was awarded to whom, what was refused and why, what to try next."""
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False, soft_wrap=True)
    for award in summary["awards"]:
        sentence = f'\n{award["issuer"]} awarded "{award["name"]}" ({award["credit"]}) to {award["recipient"]}.'
        console.print(Text(sentence, style="bold"))
        for row in summary["files"]:
            if row["award"] == award["award"] and row["expected"] == "valid":
                console.print(Text.assemble("  ", _tick(row), f" {row['format']:<17} {row['file']}"))
    console.print(Text("\nFour badges that must not pass, each refused for its own reason:", style="bold"))
    for row in summary["files"]:
        if row["expected"] != "valid":
            console.print(Text.assemble("  ", _tick(row), f" {row['file']:<23} {row['reason']}"))
            console.print(Text(f"{'':28}Badgeport says: {row['message']}", style="dim"))
    good = sum(1 for row in summary["files"] if row["expected"] == "valid")
    bad = len(summary["files"]) - good
    console.print(
        Text(
            f"\n{summary['valid']} of {good} good badges were found valid, {summary['refused']} of {bad} bad ones were "
            "refused, without any network.\nAnyone can repeat this: the proof is in the badge; the issuer's "
            "public keys and status lists are all it takes."
        )
    )
    verify = f"  badgeport verify --offline --documents {directory}/documents"
    console.print(Text("\nTry it yourself:", style="bold"))
    console.print(f"{verify} {directory}/images/in-district.png")
    console.print(f"{verify} {directory}/refused")
    console.print(f"  badgeport inspect {directory}/credentials/in-district.vc+sd-jwt.sd-jwt")


def _tick(row: dict[str, Any]) -> Any:
    from rich.text import Text

    return Text("✓", style="green") if row["asExpected"] else Text("✗", style="bold red")
