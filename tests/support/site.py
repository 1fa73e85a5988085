"""A running issuer in memory, and its people: organisations, accounts with roles, browsers that are signed in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from sqlalchemy import event

from badgeport.issuer.desk import IssuerDesk
from badgeport.issuer.people.roles import Role
from badgeport.issuer.people.tables import Account, ApiToken, Identity, Membership, Organization, SignIn
from badgeport.issuer.storage.secrets import new_token, token_hash
from badgeport.issuer.web.visits import SESSION_COOKIE
from badgeport.schemas import jsontext
from badgeport.service.app import create_app
from badgeport.service.settings import Settings
from badgeport.verifier.resolution.replay import ReplayResolver
from support import databases
from support.clients import Client
from support.verifying import NOW

PUBLIC_URL = "https://badges.example"
SECRET = "a secret of tests, long enough to be one"
PASSPHRASE = "correct horse battery staple"


class RealClock:
    """The clock of the machine, for what a browser looks at."""

    def __call__(self) -> datetime:
        return datetime.now(UTC)


class Clock:
    """A clock that tests turn."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> datetime:
        self.now += timedelta(**by)
        return self.now


class Site:
    """The whole application, issuer and verifier, on a database of its own. Nothing leaves the process."""

    def __init__(
        self, folder: Path, *, database_url: str | None = None, real_clock: bool = False, **settings: Any
    ) -> None:
        self.clock: Any = RealClock() if real_clock else Clock()
        chosen: dict[str, Any] = {
            "data_dir": folder,
            "role": "all",
            "rate_limit": None,
            "public_url": PUBLIC_URL,
            "secret_key": SECRET,
            "passphrase": PASSPHRASE,
            "database_url": database_url,
            "second_factor": False,
            "worker": False,
        }
        self.settings = Settings(**{**chosen, **settings})
        self.app: FastAPI = create_app(self.settings, fetcher=ReplayResolver({}), clock=self.clock)
        self.desk: IssuerDesk = self.app.state.issuer
        engine = self.desk.database.engine
        file = Path(engine.url.database or "")
        if engine.url.get_backend_name() == "sqlite":
            # Nothing connected to it yet; that a test's disk loses power is not among what is tested.
            if not file.exists() or not file.stat().st_size:
                file.write_bytes(databases.empty_tables())
            event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))

    # -- people, written straight to the tables --------------------------------------------------------------------

    def organization(self, slug: str = "prairie", **members: Any) -> Organization:
        """An organisation without keys; `badgeport.issuer.people.keys.make_keys` gives it some."""
        row = Organization(
            slug=slug,
            name=members.pop("name", slug.title()),
            did=members.pop("did", f"did:web:badges.example:issuers:{slug}"),
            created=self.clock(),
            **members,
        )
        with self.desk.database.writing() as session:
            session.add(row)
        return row

    def person(
        self,
        name: str,
        roles: Mapping[str, Iterable[Role | str]] | None = None,
        *,
        email: str | None = None,
        operator: bool = False,
        school_id: str | None = None,
    ) -> Account:
        """An account; ``roles`` by the slug of the organisation."""
        from sqlmodel import select

        now = self.clock()
        account = Account(created=now, operator=operator)
        address = email or f"{name.split()[0].lower()}@people.example"
        with self.desk.database.writing() as session:
            session.add(account)
            session.flush()
            session.add(Identity(account_id=account.id, name=name, email=address, email_proven=now))
            for slug, held in (roles or {}).items():
                org = session.exec(select(Organization).where(Organization.slug == slug)).one()
                for role in held:
                    session.add(
                        Membership(
                            org_id=org.id, account_id=account.id, role=Role(role).value, since=now, school_id=school_id
                        )
                    )
        return account

    def token(self, org: Organization, *scopes: str) -> str:
        """An API token's secret."""
        secret = new_token()
        with self.desk.database.writing() as session:
            session.add(
                ApiToken(
                    org_id=org.id,
                    name="test",
                    token_hash=token_hash(secret),
                    scopes=list(scopes),
                    created=self.clock(),
                    created_by="system",
                )
            )
        return secret

    # -- browsers --------------------------------------------------------------------------------------------------

    def browser(self, account: Account | None = None, *, factors: int = 2) -> Browser:
        """A browser, signed in as somebody or as nobody."""
        client = Browser(self.app, base_url=PUBLIC_URL, follow_redirects=False)
        if account is not None:
            secret = new_token()
            now = self.clock()
            with self.desk.database.writing() as session:
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
            client.cookies.set(SESSION_COOKIE, secret)
            client.csrf = self.desk.secrets.mac("csrf", secret)
        return client

    def program(self, token: str | None = None) -> Client:
        """A program with a token."""
        client = Client(self.app, base_url=PUBLIC_URL, follow_redirects=False)
        if token is not None:
            client.headers["Authorization"] = f"Bearer {token}"
        return client

    def mails(self) -> list[dict[str, str]]:
        """What lies in the outbox, oldest first."""
        from email import message_from_bytes, policy

        read = [
            message_from_bytes(path.read_bytes(), policy=policy.default)
            for path in sorted((self.settings.data_dir / "outbox").glob("*.eml"))
        ]
        return [
            {"to": str(one["To"]), "subject": str(one["Subject"]), "body": one.get_body().get_content()} for one in read
        ]

    def close(self) -> None:
        self.desk.database.close()
        self.app.state.desk.store.close()


class Browser(Client):
    """A browser that fills in forms as our pages give them."""

    csrf: str | None = None

    def submit(self, path: str, values: Mapping[str, Any] | None = None, **options: Any) -> Any:
        """Send a form of ours. Lists are several fields of one name; ``files`` goes with it."""
        token, form_at = self.csrf, options.pop("form_at", path)
        if token is None:
            page = self.get(form_at, headers={"Accept": "text/html"})
            token = page.text.partition('name="csrf" value="')[2].partition('"')[0]
        headers = {"Origin": PUBLIC_URL, "Accept": "text/html", **options.pop("headers", {})}
        return self.post(path, data={**(values or {}), "csrf": token}, headers=headers, **options)


def json_of(answer: Any) -> Any:
    """The JSON of an answer, read strictly."""
    return jsontext.parse(answer.content)
