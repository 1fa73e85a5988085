"""The database itself refuses to change or delete an entry of the audit log."""

from __future__ import annotations

from typing import Any

from sqlalchemy import event

from badgeport.issuer.audit.tables import AuditEntry

_SQLITE = (
    "CREATE TRIGGER audit_entry_not_updated BEFORE UPDATE ON audit_entry "
    "BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END",
    "CREATE TRIGGER audit_entry_not_deleted BEFORE DELETE ON audit_entry "
    "BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END",
    # INSERT OR REPLACE deletes without asking the trigger above.
    "CREATE TRIGGER audit_entry_not_replaced BEFORE INSERT ON audit_entry "
    "WHEN EXISTS (SELECT 1 FROM audit_entry WHERE seq = NEW.seq) "
    "BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END",
)
_POSTGRESQL = (
    "CREATE OR REPLACE FUNCTION audit_entry_only_grows() RETURNS trigger LANGUAGE plpgsql AS "
    "'BEGIN RAISE EXCEPTION ''the audit log only grows''; END'",
    "CREATE TRIGGER audit_entry_not_changed BEFORE UPDATE OR DELETE ON audit_entry "
    "FOR EACH ROW EXECUTE FUNCTION audit_entry_only_grows()",
    "CREATE TRIGGER audit_entry_not_emptied BEFORE TRUNCATE ON audit_entry "
    "FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_only_grows()",
)


def statements(dialect: str) -> tuple[str, ...]:
    """The statements that guard the table ``audit_entry``, for ``sqlite`` or ``postgresql``; after it was made."""
    return {"sqlite": _SQLITE, "postgresql": _POSTGRESQL}[dialect]


def _guard(target: Any, connection: Any, **_: Any) -> None:  # noqa: ARG001 - the event's
    for statement in statements(connection.dialect.name):
        connection.exec_driver_sql(statement)


event.listen(AuditEntry.__table__, "after_create", _guard)  # type: ignore[attr-defined]
