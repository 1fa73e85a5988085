"""What an organisation's HR keeps beside its ledger: its settings, what was handed in, when it looked again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Field, SQLModel

from badgeport.issuer.storage.columns import id_column, instant, json_list, json_object, reference, text


class HrSettings(SQLModel, table=True):
    """How an organisation credits its staff.

    ``policy`` is the short name or the address of a recognition policy, ``purpose`` one of its purposes. ``roster``
    says what is known of the roster's file: name, digest, when, by whom, how many employees and rows not taken.
    ``webhook_secret`` is sealed. ``state`` and ``namespace`` are what Ed-Fi exports are to name. ``every_days``: how
    often everything credited is checked again; 0 is never by itself.
    """

    __tablename__ = "hr_settings"

    org_id: str = Field(primary_key=True, foreign_key="organization.id")
    policy: str = ""
    purpose: str = ""
    roster: dict[str, Any] = json_object()
    webhook: str = text()
    webhook_secret: str = text()
    state: str = ""
    namespace: str = text()
    every_days: int = 7
    changed: datetime = instant()


class HrNotice(SQLModel, table=True):
    """That a member with the role for staff credit asked for messages; it ends with the role."""

    __tablename__ = "hr_notice"

    membership_id: str = Field(primary_key=True, foreign_key="membership.id", ondelete="CASCADE")
    since: datetime = instant()


class HrImport(SQLModel, table=True):
    """A file that was handed in, or what had been put aside and is tried again (``again``; there is no file then).

    ``state``: ``waiting``, ``running``, ``done``, or ``stopped`` with the reason in ``trouble``. It is worked off in
    parts, each an import of the ledger: ``runs`` are their numbers, also of one at which a worker died, ``position``
    how many pieces were taken. ``summary`` adds up the parts that came to their end.
    """

    __tablename__ = "hr_import"

    id: str = id_column()
    org_id: str = reference("organization.id")
    name: str
    again: bool = False
    sha256: str = ""
    size: int = 0
    state: str = "waiting"
    trouble: str = text()
    policy: str
    purpose: str
    position: int = 0
    runs: list[Any] = json_list()
    summary: dict[str, Any] = json_object()
    created: datetime = instant(index=True)
    created_by: str
    finished: datetime | None = instant(nullable=True)


class HrRecheck(SQLModel, table=True):
    """Once that everything credited was checked again.

    It goes from employee to employee, ``reached`` is the last one looked at. ``found`` are the numbers of the changes
    that are new. ``webhook``: where the report went or goes, empty where nobody asked for it; ``delivered`` when.
    """

    __tablename__ = "hr_recheck"

    id: str = id_column()
    org_id: str = reference("organization.id")
    state: str = "running"
    reached: str = text()
    checked: int = 0
    found: list[Any] = json_list()
    report: dict[str, Any] = json_object()
    webhook: str = text()
    delivered: datetime | None = instant(nullable=True)
    created: datetime = instant(index=True)
    created_by: str
    finished: datetime | None = instant(nullable=True)
