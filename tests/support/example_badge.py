"""The one badge that every example policy is tried on: of an invented association, really signed and verified."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from badgeport.issuer.award import parse_award
from badgeport.issuer.mint import mint
from badgeport.keys.types import KeyType
from badgeport.verifier.resolution.replay import ReplayResolver
from badgeport.verifier.verifier import VerifiedCredential, Verifier
from support.issuing import District, district

AWARDED = datetime(2026, 9, 15, 12, 0, 0, tzinfo=UTC)
AS_OF = datetime(2026, 12, 1, 12, 0, 0, tzinfo=UTC)
ROOT = Path(__file__).resolve().parents[2]
GUILD_HOST = "educators-guild.example"
GUILD = f"did:web:{GUILD_HOST}"
GUILD_PAGES = f"https://{GUILD_HOST}"
ACHIEVEMENT = f"{GUILD_PAGES}/achievements/checking-for-understanding"
EARNER = "did:example:maren-okafor-lindqvist"

AWARD: dict[str, Any] = {
    "id": "https://educators-guild.example/badges/5f0c2a",
    "issuer": {"name": "National Educators' Guild", "url": "https://educators-guild.example/"},
    "recipient": {"id": EARNER},
    "achievement": {
        "id": ACHIEVEMENT,
        "name": "Checking for Understanding",
        "description": "Uses quick evidence from every student to decide what to teach next.",
        "criteria": "Artifacts from three lessons, scored against the rubric, and a reflection.",
        "alignments": [
            {
                "targetName": "Standard 6: Assessment",
                "targetUrl": "https://standards.example/intasc/6",
                "targetFramework": "InTASC",
                "targetType": "CFItem",
            },
            {
                "targetName": "Quality standard of the partnership for micro-credentials",
                "targetUrl": "https://partnership.example/quality-standard",
            },
        ],
        "rubric": {
            "criteria": [
                {
                    "name": name,
                    "levels": [{"name": "Developing", "points": 1}, {"name": "Proficient", "points": 2}],
                    "requiredLevel": "Proficient",
                }
                for name in ("Evidence from every student", "What was taught next", "Reflection")
            ]
        },
    },
    "results": [
        {"criterion": "Evidence from every student", "level": "Proficient"},
        {"criterion": "What was taught next", "level": "Proficient"},
        {"criterion": "Reflection", "level": "Proficient"},
    ],
    "contactHours": 15,
    "assessment": {
        "assessorIndependence": "independent",
        "secondAssessor": True,
        "assessorCertification": "Calibrated with sample portfolios of the guild in 2026",
    },
    "evidence": [
        {
            "id": "https://portfolio.educators-guild.example/5f0c2a/exit-tickets",
            "name": "Exit tickets of three lessons",
        },
        {"id": "https://portfolio.educators-guild.example/5f0c2a/reflection", "name": "Reflection"},
    ],
    "activityStart": "2026-09-01",
    "activityEnd": "2026-09-14",
    "awardedDate": "2026-09-15",
}
"""A guild states hours, rubric and assessors. It grants no credit: that is for each receiver to do."""


@cache
def _issuer(host: str) -> District:
    return district(f"did:web:{host}", f"https://{host}/.well-known/did.json")


def documents(host: str = GUILD_HOST) -> dict[str, bytes]:
    """What the issuer at ``host`` publishes, by address; enough to verify its badges."""
    return dict(_issuer(host).documents)


def verified(host: str = GUILD_HOST, **changes: Any) -> VerifiedCredential:
    """The badge, minted on the day of the award by who is at ``host`` and verified as of `AS_OF`.

    ``changes`` replace members of `AWARD`.
    """
    issuer = _issuer(host)
    award = parse_award({**copy.deepcopy(AWARD), **changes})
    data = mint(award, issuer.signers[KeyType.ED25519], now=AWARDED).bytes
    verifier = Verifier(fetcher=ReplayResolver(issuer.documents), software="badgeport test")
    return verifier.verify(data, now=AS_OF)


def other(name: str, achievement: str = "", **changes: Any) -> VerifiedCredential:
    """Another badge of the guild, for an achievement of that name (and id, where one is given)."""
    about = {**AWARD["achievement"], "name": name, "id": achievement or f"{GUILD_PAGES}/achievements/{name}"}
    return verified(id=f"{GUILD_PAGES}/badges/{name}", achievement=about, **changes)


def stack(host: str, hours: int) -> VerifiedCredential:
    """A micro-endorsement of who is at ``host``: a stack of four badges that states masters-equivalent hours."""
    members = [
        {"achievement": f"https://{host}/achievements/{name}", "credential": f"https://{host}/badges/{name}"}
        for name in ("one", "two", "three", "four")
    ]
    about = {
        **AWARD["achievement"],
        "id": f"https://{host}/achievements/assessment",
        "name": "Assessment for Learning",
        "creditsAvailable": hours,
    }
    return verified(
        host,
        id=f"https://{host}/badges/assessment",
        issuer={"name": host},
        achievement=about,
        credits=hours,
        creditUnit="masters-equivalent credit hours",
        stack={"members": members},
    )
