"""A recognition policy with one of everything, as its author would write it."""

POLICY = """\
# Everything that a policy may have.
id: https://policies.kaneridge.example/credit
version: "2026-1"
title: In-district credit for micro-credentials
jurisdiction: {id: "did:web:kaneridge.example", name: Kaneridge District, area: US-IL, kind: district}
effective: {from: 2026-07-01, until: 2027-06-30}
status: example
note: >
  Modelled on a district's page;
  an example and not law.
language: en
supersedes: "2025-1"
purposes:
  salary-lane: {title: Salary schedule, unit: in-district credit}
  stipend: {title: Stipend, unit: USD}
lists:
  approved:
    title: Approved micro-credentials
    entries:
      - {achievement: "https://guild.example/a/thinking", issuer: "did:web:guild.example", from: 2025-01-01}
      - {achievement: "https://guild.example/a/asking", until: 2027-12-31, version: "2", name: Asking}
issuerClasses:
  cooperative: ["did:web:coop.example", "did:web:guild.example"]
agreements: ["https://partnership.example/agreements/quality"]
authorities: ["did:web:agency.example"]
rules:
  - id: bachelor
    title: Credit on the bachelor's lanes
    purpose: salary-lane
    category: bachelor
    citation: {text: "Agreement, section 5.10B", url: "https://kaneridge.example/agreement", accessed: 2026-01-15}
    effective: {from: 2026-08-01}
    who:
      - lane: {oneOf: [BA, BA+15]}
      - any:
          - fact: {name: yearsInDistrict, atLeast: 2.5}
          - role: teacher
    credential: {any: [{list: approved}, {issuerClass: cooperative}]}
    conditions:
      - effort: {unit: contact hours, atLeast: 7.5}
      - evidence: 1
      - issuerAuthorized: {by: ["did:web:agency.example"]}
    worth:
      exchange:
        of: contact hours
        per: 14
        gives: 1
        round: {to: 0.5, mode: down, over: each}
        atMost: 2
    decides: automatic
    alsoNeeded:
      - {id: form, kind: form, text: "Form 5.10B, signed by the principal", fact: form510B}
  - id: path
    title: A whole path
    purpose: salary-lane
    category: path
    citation: {text: "Agreement, section 5.11"}
    slots:
      - {id: core, title: Core, count: 2, credential: [{list: approved}]}
      - {id: choice, title: Choice, credential: [{tag: inquiry}]}
    times: 2
    conditions: [{earnedAfter: 2024-06-30}]
    worth: {fixed: 3.00}
    decides: {office: Personnel office}
  - id: pay
    title: Stipend
    purpose: stipend
    citation: {text: "Board policy 12"}
    credential: [{agreement: "https://partnership.example/agreements/quality"}]
    worth: {fixed: "200.50"}
    decides: automatic
caps:
  - id: bachelor
    title: At most 12 on the bachelor's lanes
    purpose: salary-lane
    categories: [bachelor]
    amount: 12
    per: ever
    partial: false
    citation: {text: "Agreement, section 5.10B"}
  - {id: year, title: A year, purpose: stipend, rules: [pay], amount: 600, per: year, citation: {text: Policy 12}}
counting: {oncePerAchievement: true, stacks: either, exclusive: [[salary-lane, stipend]]}
"""


def edited(*edits: tuple[str, str], text: str = POLICY) -> str:
    """The policy with texts in it replaced, each of which must be there once."""
    for old, new in edits:
        assert text.count(old) == 1, f"{old!r} is there {text.count(old)} times"
        text = text.replace(old, new)
    return text


def line_of(text: str, part: str) -> int:
    """The line, counted from 1, on which ``part`` first stands."""
    return text[: text.index(part)].count("\n") + 1
