"""`badgeport publish check`: whether what the installation serves is what it stored."""

from __future__ import annotations

from badgeport.service.cli.console import INVALID, VALID, fail, print_json, show
from badgeport.service.cli.database import issuer_desk


def check_publication(local: bool, as_json: bool) -> int:
    """Compare, print what differs, and say with the exit code whether anything does."""
    with issuer_desk() as desk:
        from badgeport.issuer.hosting.publication import check, locally

        if not local and desk.outbound is None:
            fail("nothing outside can be asked; use --local")
        outcome = check(desk, locally(desk) if local or desk.outbound is None else desk.outbound.get)
        if as_json:
            print_json(
                {
                    "asked": "here" if local else desk.public_url,
                    "checked": dict(outcome.checked),
                    "differences": [
                        {"kind": one.kind, "address": one.address, "what": one.what, "detail": one.detail}
                        for one in outcome.differences
                    ],
                }
            )
        else:
            for one in outcome.differences:
                show(f"{one.what:8} {one.address}: {one.detail}")
            counts = ", ".join(f"{number} {kind}" for kind, number in sorted(outcome.checked.items())) or "nothing"
            show(f"looked at {counts}; {len(outcome.differences)} differ")
    return INVALID if outcome.differences else VALID
