"""`badgeport policy`: show, check, try and compare recognition policies."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from badgeport.proofs.secured import open_secured
from badgeport.schemas import jsontext
from badgeport.schemas.problems import ProblemError
from badgeport.service.cli.console import (
    about,
    fail,
    named,
    plain,
    print_json,
    read_input,
    say,
    show,
    software,
)
from badgeport.service.cli.contexts import context_store
from badgeport.service.cli.policies import policy_bytes, shelf_at_hand, written_policy
from badgeport.service.cli.recognize import purpose_of, read_facts_file, tell
from badgeport.service.cli.verifying import files_below, instant, is_directory
from badgeport.verifier.intake import take_in
from badgeport.verifier.recognition.approval.documents import exact
from badgeport.verifier.recognition.approval.members import MemberError
from badgeport.verifier.recognition.authoring.authoring import PolicyRefused, read_policy
from badgeport.verifier.recognition.authoring.comparison import compare
from badgeport.verifier.recognition.conditions.facts import FactsError
from badgeport.verifier.recognition.deciding.inputs import Inputs
from badgeport.verifier.recognition.deciding.record import RecordError, inputs_again
from badgeport.verifier.recognition.engine import try_policy
from badgeport.verifier.recognition.model import RecognitionPolicy
from badgeport.verifier.recognition.what_if import Altered, affected

REFUSED = 1
"""Exit code of `policy check` for a policy that nothing could be decided by."""


def show_policy(name: str | None, as_json: bool) -> None:
    """Print the text of a policy on the shelf, or name all of them."""
    shelf = shelf_at_hand()
    if name is None:
        if as_json:
            print_json({"policies": [each.to_json() for each in shelf.policies]})
            return
        width = max(len(each) for each in shelf.names)
        for each in shelf.policies:
            show(f"{each.name:<{width}}  {each.policy.status}, {', '.join(each.policy.purposes)}: {each.policy.title}")
        return
    found = shelf.find(name, datetime.now(UTC).date())
    if found is None:
        fail(f"there is no policy {name!r}; policies by name are {', '.join(shelf.names)}")
    if as_json:
        print_json(exact(found.policy.body))
    else:
        show(found.yaml().rstrip("\n"))


def check_policy(file: str, as_json: bool) -> int:
    """Tell everything that is wrong with a policy, by line; returns the exit code."""
    data = policy_bytes(file)
    try:
        policy = read_policy(data)
    except PolicyRefused as refused:
        findings = refused.findings
        if as_json:
            rows = [
                {"line": each.line, "pointer": each.pointer, "code": each.code, "message": each.message}
                for each in findings
            ]
            print_json({"file": file, "accepted": False, "findings": rows})
        else:
            for each in findings:
                show(f"{named(file)}:{each.line or 1}: {each.message} [{each.code}]")
        count = len(findings)
        say(f"{named(file)}: {count} thing{'' if count == 1 else 's'} to put right (docs/policy.md lists the codes)")
        return REFUSED
    if as_json:
        print_json({"file": file, "accepted": True, "findings": [], "id": policy.id, **_identity(policy)})
    else:
        show(f"{named(file)}: nothing to put right")
        show(f"{policy.title}, version {policy.version}, {policy.status}, sha256 {policy.sha256}")
        for name, terms in policy.purposes.items():
            count = len(policy.rules_for(name))
            show(f"  {name}: {terms.title}, in {terms.unit}, {count} rule{'' if count == 1 else 's'}")
    return 0


def test_policy(
    file: str, credentials: list[str], purpose: str | None, facts: str | None, as_of: str | None, as_json: bool
) -> int:
    """Decide on example credentials that nobody verified; returns the exit code that `recognize` would have."""
    policy = _policy(file)
    when = (datetime.now(UTC) if as_of is None else instant(as_of)).replace(microsecond=0)
    known = shelf_at_hand().agreements
    decision = try_policy(
        [_document(path) for path in credentials],
        policy,
        purpose_of(purpose, policy),
        read_facts_file(facts),
        when,
        agreements=known,
        software=software(),
    )
    return tell(decision, as_json=as_json)


def compare_policies(old: str, new: str, records: list[str], as_json: bool) -> None:
    """Print what changed from one policy to another, and of the decisions kept those that would become others."""
    before, after = _policy(old), _policy(new)
    changes = compare(before, after)
    cases = dict(_cases(records))
    altered = affected(before, after, cases)
    if as_json:
        body: dict[str, Any] = {
            "old": {"id": before.id, **_identity(before)},
            "new": {"id": after.id, **_identity(after)},
            "changes": [each.to_json() for each in changes],
        }
        if records:
            body["decisions"] = {"tried": len(cases), "altered": [_altered_json(each) for each in altered]}
        print_json(body)
        return
    if not changes:
        show("The two say the same.")
    for change in changes:
        show(f"{change.words}\n    {change.kind} at {change.pointer}")
    if records:
        show(f"\n{len(altered)} of {len(cases)} decision{'' if len(cases) == 1 else 's'} would become another:")
        for each in altered:
            show(f"{each.case}\n" + "\n".join(f"  {sentence}" for sentence in each.how))


def _policy(reference: str) -> RecognitionPolicy:
    """The policy of a file, or that on the shelf with this name, for its author: no signature is asked for."""
    if not os.path.exists(reference) and reference != "-":
        found = shelf_at_hand().find(reference, datetime.now(UTC).date())
        if found is not None:
            return found.policy
    return written_policy(reference).policy


def _document(path: str) -> dict[str, Any]:
    with about(path):
        taken = take_in(read_input(path))
        if taken.address is not None:
            fail(f"{named(path)}: it holds only the address of a badge; save the badge and give that file")
        return dict(open_secured(taken.payload, contexts=context_store()).document)


def _cases(records: list[str]) -> Iterator[tuple[str, Inputs]]:
    for name in records:
        paths = list(files_below(name, _cannot_read)) if is_directory(name) else [name]
        for path in paths:
            try:
                yield path, inputs_again(jsontext.parse_object(read_input(path)))
            except (RecordError, MemberError, FactsError, PolicyRefused) as error:
                fail(f"--record: {named(path)}: {error}")
            except ProblemError as error:
                fail(f"--record: {named(path)}: {plain(error)}")


def _cannot_read(error: OSError) -> None:
    fail(f"{error.filename}: {(error.strerror or 'it cannot be read').lower()}")


def _identity(policy: RecognitionPolicy) -> dict[str, Any]:
    return {"version": policy.version, "title": policy.title, "status": policy.status, "sha256": policy.sha256}


def _altered_json(altered: Altered) -> dict[str, Any]:
    return {
        "case": altered.case,
        "before": None if altered.before is None else altered.before.to_json(),
        "after": None if altered.after is None else altered.after.to_json(),
        "how": list(altered.how),
    }
