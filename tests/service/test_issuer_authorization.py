"""Who may use which address: every route of the issuer, asked by everybody there is.

The routes are taken from the application, so that a new one is in here by itself. It fails where it states no rule,
where a rule does not fit its place, where this file does not know what a parameter of its path names, where somebody
gets in whom the rule keeps out, and where one organisation can reach what is another's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from fastapi.routing import APIRoute, iter_route_contexts
from sqlmodel import select

from badgeport.issuer.people.roles import STAFF, Role
from badgeport.issuer.people.tables import Account, ApiToken, SignIn
from badgeport.issuer.storage.columns import new_id
from badgeport.issuer.storage.secrets import new_token, token_hash
from badgeport.issuer.web import site as issuer_site
from badgeport.issuer.web.access import SCOPES, Access
from badgeport.issuer.web.visits import CSRF_HEADER, SESSION_COOKIE, access_of
from badgeport.receiver import site as receiver_site
from support.clients import Client
from support.neighbours import Neighbours, Side, neighbours
from support.site import PUBLIC_URL

SAFE = frozenset({"GET", "HEAD"})
NO_RULE_KEPT = (
    "sign in first",
    "your roles in this organization do not include this",
    "only an operator of this installation may do this",
    "this token is not good for this address",
    "this token lacks the scope",
    "this needs a second factor",
)
"""What somebody is told whom a rule keeps out (`web.visits`)."""


# -- the routes -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Address:
    """One method of one route."""

    method: str
    path: str
    access: Access
    form: bool
    body: dict[str, Any] | None

    @property
    def parameters(self) -> list[str]:
        """What its path names, in order."""
        return re.findall(r"{(\w+)", self.path)

    @property
    def changes(self) -> bool:
        return self.method not in SAFE

    @property
    def is_program(self) -> bool:
        return self.path.startswith(("/api/", "/credentials/"))

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def routes() -> list[APIRoute]:
    found = [
        one.original_route
        for router in (*issuer_site.routers(), *receiver_site.routers())
        for one in iter_route_contexts(router.routes)
    ]
    assert all(isinstance(route, APIRoute) for route in found), "what is mounted has no rule of access"
    return [route for route in found if isinstance(route, APIRoute)]


def addresses() -> list[Address]:
    found = []
    for route in routes():
        body = (route.openapi_extra or {}).get("requestBody")
        schema = (
            body["content"]["application/json"]["schema"] if body and "application/json" in body["content"] else None
        )
        form = not route.include_in_schema
        found += [
            Address(method, route.path, access_of(route.endpoint), form, schema) for method in sorted(route.methods)
        ]
    return [address for address in found if address.method != "HEAD"]


ADDRESSES = addresses()


# -- what a rule may be ---------------------------------------------------------------------------------------------


def test_every_route_states_a_rule() -> None:
    assert len(ADDRESSES) > 100
    for route in routes():
        assert isinstance(access_of(route.endpoint), Access), route.path
    with pytest.raises(LookupError):
        access_of(lambda: None)


def test_no_address_is_declared_twice() -> None:
    seen = [str(address) for address in ADDRESSES]
    assert sorted(seen) == sorted(set(seen))


PLACES: tuple[tuple[str, frozenset[str]], ...] = (
    (r"/o/{org}(/.*)?", frozenset({"organization"})),
    (r"/api/v1/organizations/{org}(/.*)?", frozenset({"organization"})),
    (r"/operator(/.*)?|/api/v1/operator(/.*)?", frozenset({"operator"})),
    (r"/(home|account)(/.*)?|/api/v1/me(/.*)?", frozenset({"account"})),
    (r".*{secret}.*", frozenset({"link"})),
    (r"(/issuers/{name})?/credentials/(issue|status)", frozenset({"instance"})),
    (r"/sign-(in|out|up)(/.*)?|/language", frozenset({"everyone"})),
)
"""Where an address lies says who it is for. What is anywhere else is for everybody, and only read."""

READ_BY_POST = frozenset({"POST /credentials/derive"})
"""Asked with a body, and changes nothing."""


def test_a_rule_fits_its_place(subtests: pytest.Subtests) -> None:
    for address in ADDRESSES:
        with subtests.test(str(address)):
            allowed = next((who for pattern, who in PLACES if re.fullmatch(pattern, address.path)), None)
            if allowed is None:
                assert address.access.who in ("everyone", "operator"), "neither below /o/, /home nor for everybody"
                assert address.access.who == "operator" or not address.changes or str(address) in READ_BY_POST
            else:
                assert address.access.who in allowed


def test_a_rule_makes_sense(subtests: pytest.Subtests) -> None:
    for address in ADDRESSES:
        rule = address.access
        with subtests.test(str(address)):
            if rule.who != "organization":
                assert not rule.roles
                assert rule.scope is None, "tokens are of organisations"
                continue
            assert rule.roles
            assert "{org}" in address.path
            assert rule.scope is None or rule.scope in SCOPES
            assert (rule.factors == 2) is bool(rule.roles & STAFF)
            if address.changes:
                assert Role.AUDITOR not in rule.roles, "an auditor changes nothing"
                assert rule.scope is None or rule.scope.endswith((":write", ":issue"))
            elif rule.scope is not None:
                assert rule.scope.endswith(":read") or rule.roles <= {Role.ADMINISTRATOR, Role.AUTHOR, Role.REGISTRAR}


# -- what a path names ----------------------------------------------------------------------------------------------


def filled(address: Address, side: Side, *, things: Side | None = None) -> str:
    """The path in the organisation ``side``, with the ids of ``things`` of the other, if given."""
    plain = re.sub(r":\w+}", "}", address.path)
    path = plain
    for name in address.parameters:
        value = side.org.slug if name == "org" else (things or side).value_of(plain, name)
        assert value is not None, f"{address}: say in support.neighbours what {{{name}}} is"
        path = path.replace(f"{{{name}}}", value, 1)
    return path


def least(schema: dict[str, Any]) -> Any:
    """The smallest value that a schema allows, as far as it says."""
    if "const" in schema or "default" in schema:
        return schema.get("const", schema.get("default"))
    if "enum" in schema:
        return schema["enum"][0]
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            return least(schema[several][0])
    kind = schema.get("type")
    if kind == "object":
        wanted = schema.get("required", ())
        return {name: least(member) for name, member in schema.get("properties", {}).items() if name in wanted}
    if kind == "array":
        return [least(schema.get("items", {})) for _ in range(schema.get("minItems", 0))]
    if kind == "string":
        texts = {
            "date": "2026-05-01",
            "date-time": "2026-05-01T09:00:00Z",
            "email": "a@b.example",
            "uri": "https://a.b/",
        }
        return texts.get(schema.get("format", ""), "x" * max(1, schema.get("minLength", 1)))
    if kind in ("integer", "number"):
        return schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
    return {"boolean": False, "null": None}.get(str(kind), "x")


def test_the_world_has_what_every_path_names(world: Neighbours, subtests: pytest.Subtests) -> None:
    for address in ADDRESSES:
        with subtests.test(str(address)):
            assert "{" not in filled(address, world.prairie)


# -- who asks -------------------------------------------------------------------------------------------------------


class Caller:
    """Somebody who asks, with all that their own pages would send along."""

    def __init__(
        self, world: Neighbours, account: Account | None = None, *, token: str | None = None, factors: int = 2
    ) -> None:
        self.client = Client(world.site.app, base_url=PUBLIC_URL, follow_redirects=False)
        self.csrf = ""
        if account is not None:
            secret = new_token()
            now = world.site.clock()
            with world.site.desk.database.writing() as session:
                session.add(
                    SignIn(
                        token_hash=token_hash(secret),
                        account_id=account.id,
                        factors=factors,
                        created=now,
                        seen=now,
                        expires=now + timedelta(days=3650),
                    )
                )
            self.client.cookies.set(SESSION_COOKIE, secret)
            self.csrf = world.site.desk.secrets.mac("csrf", secret)
        if token is not None:
            self.client.headers["Authorization"] = f"Bearer {token}"

    def ask(self, address: Address, path: str, *, csrf: bool = True, headers: dict[str, str] | None = None) -> Any:
        """Ask as a browser for pages, as a program for the rest."""
        kept = dict(self.client.cookies)
        sent = dict(headers or {})
        token = self.csrf if csrf else ""
        try:
            if not address.form:
                if csrf and token:
                    sent[CSRF_HEADER] = token
                body = {"json": least(address.body or {"type": "object"})} if address.changes else {}
                return self.client.request(address.method, path, headers=sent, **body)
            sent = {"Accept": "text/html", **sent}
            if not address.changes:
                return self.client.get(path, headers=sent)
            return self.client.post(path, data={"csrf": token}, headers={"Origin": PUBLIC_URL, **sent})
        finally:
            # What an answer set must not speak for whoever asks next.
            self.client.cookies.clear()
            self.client.cookies.update(kept)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Neighbours]:
    made = neighbours(tmp_path_factory.mktemp("matrix"), second_factor=True)
    yield made
    made.site.close()


@dataclass(frozen=True)
class Callers:
    """Everybody there is, by what they are."""

    everyone: dict[str, Caller]
    roles: dict[Role, Caller]
    roles_at_once: dict[frozenset[Role], Caller]
    weak_at_once: Caller
    weak: dict[Role, Caller]
    scopes: dict[str | None, Caller]
    all_scopes_but: dict[str | None, Caller]
    tokens_elsewhere: dict[str, Caller]
    dead_tokens: dict[str, Caller]
    all_ridge: Caller
    educator: Caller


@pytest.fixture(scope="module")
def callers(world: Neighbours) -> Callers:
    site, prairie, ridge = world.site, world.prairie, world.ridge
    now = site.clock()
    dead = {name: site.token(prairie.org, *SCOPES) for name in ("expired", "revoked")}
    with site.desk.database.writing() as session:
        for name, secret in dead.items():
            row = session.exec(select(ApiToken).where(ApiToken.token_hash == token_hash(secret))).one()
            row.expires, row.revoked = (now, None) if name == "expired" else (None, now)
            session.add(row)
    made = Callers(
        everyone={
            "nobody": Caller(world),
            "outsider": Caller(world, world.outsider),
            "operator": Caller(world, world.operator),
            "all roles elsewhere": Caller(world, ridge.everybody),
        },
        roles={role: Caller(world, account) for role, account in prairie.people.items()},
        roles_at_once={
            roles: Caller(world, site.person("Several", {prairie.org.slug: roles}, email=f"several{number}@p.example"))
            for number, roles in enumerate({left_out(address) for address in ADDRESSES})
        },
        weak_at_once=Caller(world, prairie.everybody, factors=1),
        weak={role: Caller(world, account, factors=1) for role, account in prairie.people.items()},
        scopes={scope: Caller(world, token=site.token(prairie.org, scope)) for scope in SCOPES},
        all_scopes_but={
            scope: Caller(world, token=site.token(prairie.org, *(one for one in SCOPES if one != scope)))
            for scope in (*SCOPES, None)
        },
        tokens_elsewhere={"all scopes elsewhere": Caller(world, token=site.token(ridge.org, *SCOPES))},
        dead_tokens={
            **{name: Caller(world, token=secret) for name, secret in dead.items()},
            "wrong": Caller(world, token="x"),
        },
        all_ridge=Caller(world, ridge.everybody),
        educator=Caller(world, prairie.people[Role.EDUCATOR]),
    )
    world.__post_init__()  # sessions and tokens are part of the beginning
    return made


def kept_out(answer: Any, address: Address) -> None:
    """Somebody with a name is told no."""
    assert answer.status_code == 403, f"{answer.status_code}: {answer.text[:300]}"
    if address.is_program:
        assert answer.headers["content-type"] == "application/problem+json"


def sent_to_sign_in(answer: Any, address: Address) -> None:
    """Nobody in particular is asked who they are: on a page by being led to it."""
    if address.form and not address.changes and answer.status_code == 303:
        assert answer.headers["location"].startswith("/sign-in?next=")
    else:
        assert answer.status_code == 401, f"{answer.status_code}: {answer.text[:300]}"


def let_in(answer: Any, address: Address) -> None:
    """Whatever is said of the request itself, it is not said that this person may not make it."""
    assert answer.status_code < 500, f"{answer.status_code}: {answer.text[:300]}"
    assert answer.status_code != 401
    if answer.status_code == 403:
        assert not any(text in answer.text for text in NO_RULE_KEPT), answer.text[:300]
    if answer.status_code == 303:
        assert not answer.headers["location"].startswith("/sign-in?next="), "asked to sign in again"


def may(address: Address, role: Role) -> bool:
    return address.access.who == "account" or (address.access.who == "organization" and role in address.access.roles)


def left_out(address: Address) -> frozenset[Role]:
    """The roles that do not let anybody in."""
    return frozenset(role for role in Role if not may(address, role))


OPEN = ("everyone", "link", "instance")


def test_nobody_gets_in_whom_the_rule_keeps_out(world: Neighbours, callers: Callers, subtests: pytest.Subtests) -> None:
    """Every address times everybody it is not for; nothing of it changes anything."""
    world.restore()
    before = world.contents()
    asked, alone = 0, set()
    for address in ADDRESSES:
        rule = address.access
        if rule.who in OPEN:
            continue
        path = filled(address, world.prairie)
        refused: list[tuple[str, Caller, Callable[[Any, Address], None]]] = [
            ("nobody", callers.everyone["nobody"], sent_to_sign_in)
        ]
        refused += [(f"{name} token", caller, sent_to_sign_in) for name, caller in callers.dead_tokens.items()]
        refused += [(name, caller, kept_out) for name, caller in callers.tokens_elsewhere.items()]
        refused.append((f"all scopes but {rule.scope}", callers.all_scopes_but[rule.scope], kept_out))
        if rule.who in ("organization", "operator"):
            named = ["outsider", "all roles elsewhere", *(["operator"] if rule.who == "organization" else [])]
            refused += [(name, callers.everyone[name], kept_out) for name in named]
            refused.append(("all roles but those", callers.roles_at_once[left_out(address)], kept_out))
        if rule.factors == 2 and rule.who == "organization":
            refused.append(("all roles, one factor", callers.weak_at_once, kept_out))
        if rule not in alone:
            # A role takes nothing from who has another: whom all of them let nowhere, none does. Once for every rule
            # they are asked about one by one.
            alone.add(rule)
            if rule.who in ("organization", "operator"):
                refused += [(role, callers.roles[role], kept_out) for role in left_out(address)]
            if rule.factors == 2 and rule.who == "organization":
                refused += [(f"{role}, one factor", callers.weak[role], kept_out) for role in rule.roles]
        with subtests.test(str(address)):
            for name, caller, told in refused:
                try:
                    told(caller.ask(address, path), address)
                except AssertionError as error:
                    raise AssertionError(f"{name}: {error}") from None
                asked += 1
    assert asked > 1000
    after = world.contents()
    assert {name for name in before if before[name] != after[name]} == set()


def test_whom_the_rule_names_gets_in(world: Neighbours, callers: Callers, subtests: pytest.Subtests) -> None:
    for address in ADDRESSES:
        rule, path = address.access, filled(address, world.prairie)
        named: list[tuple[str, Caller]] = []
        if rule.who == "organization":
            named = [(role, callers.roles[role]) for role in rule.roles]
            named += [(rule.scope, callers.scopes[rule.scope])] if rule.scope else []
        elif rule.who == "operator":
            named = [("operator", callers.everyone["operator"])]
        elif rule.who == "account":
            named = [("educator", callers.educator), ("outsider", callers.everyone["outsider"])]
        elif rule.who in ("everyone", "link"):
            named = [("nobody", callers.everyone["nobody"]), ("educator", callers.educator)]
        with subtests.test(str(address)):
            for name, caller in named:
                if address.changes:
                    world.restore()
                # Who is nobody has no form of ours yet: its token is tested where forms are.
                if name == "nobody" and address.changes and address.form:
                    continue
                try:
                    let_in(caller.ask(address, path), address)
                except AssertionError as error:
                    raise AssertionError(f"{name}: {error}") from None
    world.restore()


NOT_THERE = {
    "GET /issuers/{name}/image/{digest}": "the stored file is no picture",
    "GET /sign-in/openid/{name}": "the organisation has no provider",
    "GET /sign-in/openid/callback": "nobody began",
    "GET /c/{award_id}/evidence/{item_id}": "it was not released",
    "GET /issuers/{name}/revocations": "the organisation keeps no such list",
    "GET /reports/{slug}": "no report was published",
    "GET /api/v1/reports/{slug}": "no report was published",
    "GET /sign-in/second-factor": "nobody began",
}
"""Addresses at which there is nothing in this world, and why."""


def test_what_is_there_is_shown_to_somebody(world: Neighbours, callers: Callers, subtests: pytest.Subtests) -> None:
    """Otherwise the other tests would knock at doors that lead nowhere."""
    world.restore()
    everybody = Caller(world, world.prairie.everybody)
    for address in ADDRESSES:
        if address.changes or str(address) in NOT_THERE:
            continue
        with subtests.test(str(address)):
            path = filled(address, world.prairie)
            candidates = [everybody, callers.educator, callers.everyone["nobody"], callers.everyone["operator"]]
            candidates += [callers.roles[role] for role in address.access.roles]
            assert any(caller.ask(address, path).status_code < 400 for caller in candidates)
    world.restore()


SAY_NOTHING = ("org", "number", "part", "by", "file")
"""Parameters that name no thing of anybody's."""


def follow(answer: Any, caller: Caller, path: str) -> Any:
    """The page that asks first, where one does."""
    if answer.status_code == 303 and answer.headers["location"].startswith(path):
        return caller.client.get(answer.headers["location"])
    return answer


def test_what_is_anothers_is_not_there(world: Neighbours, callers: Callers, subtests: pytest.Subtests) -> None:
    """Somebody with every role in one organisation asks there for each thing of the other, which is not there."""
    ridge = Caller(world, world.ridge.everybody)
    token = Caller(world, token=world.site.token(world.ridge.org, *SCOPES))
    world.__post_init__()
    ids = {name: value if name in SAY_NOTHING else new_id() for name, value in world.prairie.ids.items()}
    made_up = replace(world.prairie, ids=ids)
    before = world.contents()
    own = {value: name for name, value in world.prairie.ids.items()}
    assert not set(own) & {value for name, value in world.ridge.ids.items() if name not in ("number",)} - {"1"}
    for address in ADDRESSES:
        if address.access.who not in ("organization", "account"):
            continue
        if not [name for name in address.parameters if name not in SAY_NOTHING]:
            continue
        path = filled(address, world.ridge, things=world.prairie)
        nowhere = filled(address, world.ridge, things=made_up)
        for name, caller in (("person", ridge), ("token", token)):
            if name == "token" and (address.access.scope is None or (address.form and address.changes)):
                continue
            with subtests.test(f"{address} {name}"):
                answer, missing = (follow(caller.ask(address, one), caller, one) for one in (path, nowhere))
                assert answer.status_code >= 400, f"{answer.status_code}: {answer.text[:300]}"
                # A request that is wrong in itself is told so first, whatever it names.
                assert answer.status_code == missing.status_code, f"{answer.status_code}: {answer.text[:300]}"
                assert answer.status_code == 404 or address.changes
                assert world.prairie.org.slug not in answer.text.lower().replace(path.lower(), "")
    after = world.contents()
    assert {name for name in before if before[name] != after[name]} == set()


def test_an_organization_that_is_not_there_is_not_shown_to_be_missing(world: Neighbours, callers: Callers) -> None:
    """Who belongs nowhere learns the same of one that exists."""
    for address in ADDRESSES:
        if address.access.who == "organization":
            path = filled(address, world.prairie).replace("/prairie", "/nowhere", 1)
            answer = callers.everyone["outsider"].ask(address, path)
            assert answer.status_code in (403, 404), f"{address}: {answer.status_code}"


def test_forged_forms_are_refused(world: Neighbours, callers: Callers, subtests: pytest.Subtests) -> None:
    """A browser that is signed in and led here by another site does nothing, on any address that changes things."""
    everybody = Caller(world, world.prairie.everybody)
    world.__post_init__()
    before = world.contents()
    for address in ADDRESSES:
        if not address.changes:
            continue
        path = filled(address, world.prairie)
        with subtests.test(str(address)):
            for answer in (
                everybody.ask(address, path, csrf=False),
                everybody.ask(address, path, headers={"Origin": "https://evil.example"}),
                everybody.ask(address, path, headers={"Sec-Fetch-Site": "cross-site"}),
            ):
                assert answer.status_code == 403, f"{answer.status_code}: {answer.text[:300]}"
    after = world.contents()
    assert {name for name in before if before[name] != after[name]} == set()


def test_a_link_that_is_not_ours_opens_nothing(world: Neighbours, callers: Callers, subtests: pytest.Subtests) -> None:
    for address in ADDRESSES:
        if address.access.who != "link" or address.changes:
            continue
        with subtests.test(str(address)):
            path = filled(address, world.prairie)
            for secret in world.prairie.secrets.values():
                path = path.replace(secret, "nobody-knows-this-one")
            answer = callers.everyone["nobody"].ask(address, path)
            assert answer.status_code in (404, 410), answer.status_code
            assert world.prairie.org.slug not in answer.text.lower()
            own = world.prairie.value_of(address.path, "secret")
            for secret in world.prairie.secrets.values():
                if secret != own:
                    other = filled(address, world.prairie).replace(str(own), secret)
                    answer = callers.everyone["nobody"].ask(address, other)
                    assert answer.status_code in (404, 410), "a secret is good for one purpose"
