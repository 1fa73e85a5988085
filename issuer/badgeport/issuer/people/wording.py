"""Words for codes: roles, kinds, states, purposes. English texts, keys of the catalogues."""

from __future__ import annotations

from badgeport.web.words import Words, keyed, words

from badgeport.issuer.people.roles import Role
from badgeport.issuer.people.tables import Account
from badgeport.issuer.web.visits import TEXTS

ROLES = {
    Role.ADMINISTRATOR: (keyed("Administrator"), keyed("People, roles, keys and settings")),
    Role.AUTHOR: (keyed("Author"), keyed("Writes and publishes micro-credentials")),
    Role.ASSESSOR: (keyed("Assessor"), keyed("Scores portfolios, where certified to")),
    Role.REGISTRAR: (keyed("Registrar"), keyed("Awards, corrects, suspends and revokes; assigns assessors")),
    Role.AUDITOR: (keyed("Auditor"), keyed("Reads everything but evidence and changes nothing")),
    Role.COACH: (keyed("Coach"), keyed("Comments on the drafts of educators who asked for it")),
    Role.POLICY_AUTHOR: (
        keyed("Policy author"),
        keyed("Writes, signs and publishes recognition policies, agreements and approvals"),
    ),
    Role.CLERK: (keyed("Clerk"), keyed("Decides what credentials of others are worth here, and files it")),
    Role.HR: (keyed("Human resources"), keyed("Imports signed records of employees and keeps their credit")),
    Role.EDUCATOR: (keyed("Educator"), keyed("Earns micro-credentials here")),
}
KINDS = {
    "state": keyed("State agency"),
    "district": keyed("District"),
    "cooperative": keyed("Service cooperative"),
    "school": keyed("School"),
    "other": keyed("Other organization"),
}
KEY_STATES = {"active": keyed("In use"), "retired": keyed("Retired"), "revoked": keyed("Revoked")}
KEY_PURPOSES = {
    "embedded": keyed("Signs badges (proof inside the file)"),
    "token": keyed("Signs badges as tokens (JWT)"),
}
OWN_KEY_PURPOSES = {
    "embedded": keyed("Signs collections and learner records"),
    "token": keyed("Kept for tokens (JWT); signs nothing yet"),
}
SCOPES = {
    "catalog:read": keyed("Read the catalog, with drafts"),
    "catalog:write": keyed("Write and publish micro-credentials"),
    "people:read": keyed("Read who is who here"),
    "people:write": keyed("Invite educators, coaches and assessors; schools"),
    "submissions:read": keyed("Read submissions and their results, without evidence"),
    "awards:read": keyed("Read awards"),
    "awards:write": keyed("Award, correct, suspend and revoke"),
    "credentials:issue": keyed("Have credentials signed as they are sent"),
    "reports:read": keyed("Read program reports"),
    "audit:read": keyed("Read the history"),
    "policies:read": keyed("Read recognition policies, with drafts"),
    "policies:write": keyed("Write, sign and publish recognition policies"),
    "decisions:read": keyed("Read decisions about credentials of others"),
    "decisions:write": keyed("Decide what credentials of others are worth here"),
    "hr:read": keyed("Read the credit of employees"),
    "hr:write": keyed("Import records of employees and re-check them"),
}


def role_choices(speech: Words) -> list[tuple[str, str, str]]:
    """Each role: value, name, what it may."""
    return [(role.value, speech.say(name), speech.say(what)) for role, (name, what) in ROLES.items()]


def kind_choices(speech: Words) -> list[tuple[str, str]]:
    """Each kind of organisation: value and name."""
    return [(kind, speech.say(name)) for kind, name in KINDS.items()]


def speech_for(account: Account | None, otherwise: Words) -> Words:
    """The words a message to somebody is written in: in the language of their account, if they have one."""
    return otherwise if account is None else words(account.language, *TEXTS)
