"""Initial tables."""

# ruff: noqa: E501 - what guards the audit log stands as it is run

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_APPEND_ONLY = {
    "sqlite": [
        "CREATE TRIGGER audit_entry_not_updated BEFORE UPDATE ON audit_entry BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END",
        "CREATE TRIGGER audit_entry_not_deleted BEFORE DELETE ON audit_entry BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END",
        "CREATE TRIGGER audit_entry_not_replaced BEFORE INSERT ON audit_entry WHEN EXISTS (SELECT 1 FROM audit_entry WHERE seq = NEW.seq) BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END",
    ],
    "postgresql": [
        "CREATE OR REPLACE FUNCTION audit_entry_only_grows() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''the audit log only grows''; END'",
        "CREATE TRIGGER audit_entry_not_changed BEFORE UPDATE OR DELETE ON audit_entry FOR EACH ROW EXECUTE FUNCTION audit_entry_only_grows()",
        "CREATE TRIGGER audit_entry_not_emptied BEFORE TRUNCATE ON audit_entry FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_only_grows()",
    ],
}


def upgrade() -> None:
    """Make it so."""
    op.create_table(
        "account",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("operator", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
    )
    op.create_table(
        "audit_entry",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("org_id", sa.String(), nullable=True),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_entry")),
    )
    op.create_index(op.f("ix_audit_entry_action"), "audit_entry", ["action"], unique=False)
    op.create_index(op.f("ix_audit_entry_actor"), "audit_entry", ["actor"], unique=False)
    op.create_index(op.f("ix_audit_entry_at"), "audit_entry", ["at"], unique=False)
    op.create_index(op.f("ix_audit_entry_org_id"), "audit_entry", ["org_id"], unique=False)
    op.create_index(op.f("ix_audit_entry_target"), "audit_entry", ["target"], unique=False)
    op.create_table(
        "blob",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_blob")),
    )
    op.create_table(
        "conformance_key",
        sa.Column("instance", sa.String(), nullable=False),
        sa.Column("uri", sa.String(), nullable=False),
        sa.Column("public", sa.Text(), nullable=False),
        sa.Column("verification_method", sa.Text(), nullable=False),
        sa.Column("controller", sa.Text(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("instance", name=op.f("pk_conformance_key")),
        sa.UniqueConstraint("uri", name=op.f("uq_conformance_key_uri")),
    )
    op.create_table(
        "issued_credential",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("instance", sa.String(), nullable=False),
        sa.Column("credential_id", sa.String(), nullable=True),
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("asked", sa.String(length=64), nullable=False),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("issued", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issued_credential")),
        sa.UniqueConstraint("instance", "credential_id", name=op.f("uq_issued_credential_instance_credential_id")),
    )
    op.create_index(op.f("ix_issued_credential_key_id"), "issued_credential", ["key_id"], unique=False)
    op.create_table(
        "job",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("deaths", sa.Integer(), nullable=False),
        sa.Column("leased_by", sa.String(), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed", sa.Boolean(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("org_id", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
        sa.UniqueConstraint("kind", "key", name=op.f("uq_job_kind_key")),
    )
    op.create_index(op.f("ix_job_org_id"), "job", ["org_id"], unique=False)
    op.create_index("job_due", "job", ["failed", "due"], unique=False)
    op.create_table(
        "organization",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("slug", sa.String(length=63), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("parent_id", sa.String(), nullable=True),
        sa.Column("did", sa.String(), nullable=False),
        sa.Column("profile", sa.JSON(), nullable=False),
        sa.Column("formats", sa.JSON(), nullable=False),
        sa.Column("same_school_conflict", sa.Boolean(), nullable=False),
        sa.Column("second_assessor", sa.Boolean(), nullable=False),
        sa.Column("retention_days", sa.Integer(), nullable=True),
        sa.Column("sign_in", sa.JSON(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["parent_id"], ["organization.id"], name=op.f("fk_organization_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organization")),
        sa.UniqueConstraint("did", name=op.f("uq_organization_did")),
        sa.UniqueConstraint("slug", name=op.f("uq_organization_slug")),
    )
    op.create_index(op.f("ix_organization_parent_id"), "organization", ["parent_id"], unique=False)
    op.create_table(
        "sign_in_failure",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_failure")),
    )
    op.create_index(op.f("ix_sign_in_failure_at"), "sign_in_failure", ["at"], unique=False)
    op.create_index(op.f("ix_sign_in_failure_subject"), "sign_in_failure", ["subject"], unique=False)
    op.create_table(
        "writer", sa.Column("id", sa.Integer(), nullable=False), sa.PrimaryKeyConstraint("id", name=op.f("pk_writer"))
    )
    op.create_table(
        "api_token",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("expires", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"], name=op.f("fk_api_token_org_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_token_token_hash")),
    )
    op.create_index(op.f("ix_api_token_org_id"), "api_token", ["org_id"], unique=False)
    op.create_table(
        "collection",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("awards", sa.JSON(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn", sa.DateTime(timezone=True), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("signed", sa.DateTime(timezone=True), nullable=True),
        sa.Column("copies", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_collection_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collection")),
    )
    op.create_index(op.f("ix_collection_account_id"), "collection", ["account_id"], unique=False)
    op.create_index(op.f("ix_collection_expires"), "collection", ["expires"], unique=False)
    op.create_table(
        "competency_framework",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("uri", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("publisher", sa.String(), nullable=False),
        sa.Column("release", sa.String(), nullable=False),
        sa.Column("imported", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"], name=op.f("fk_competency_framework_org_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_competency_framework")),
        sa.UniqueConstraint("org_id", "uri", name=op.f("uq_competency_framework_org_id_uri")),
    )
    op.create_index(op.f("ix_competency_framework_org_id"), "competency_framework", ["org_id"], unique=False)
    op.create_table(
        "definition",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("current", sa.Integer(), nullable=True),
        sa.Column("draft", sa.Integer(), nullable=True),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("proposal_id", sa.String(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"], name=op.f("fk_definition_org_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_definition")),
        sa.UniqueConstraint("org_id", "slug", name=op.f("uq_definition_org_id_slug")),
    )
    op.create_index(op.f("ix_definition_org_id"), "definition", ["org_id"], unique=False)
    op.create_index(op.f("ix_definition_state"), "definition", ["state"], unique=False)
    op.create_table(
        "federated_identity",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_federated_identity_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_federated_identity")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_federated_identity_issuer_subject")),
    )
    op.create_index(op.f("ix_federated_identity_account_id"), "federated_identity", ["account_id"], unique=False)
    op.create_table(
        "home_settings",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("visibility", sa.String(), nullable=False),
        sa.Column("reminders", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_home_settings_account_id")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_home_settings")),
    )
    op.create_table(
        "identity",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("email_proven", sa.DateTime(timezone=True), nullable=True),
        sa.Column("did", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_identity_account_id")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_identity")),
        sa.UniqueConstraint("email", name=op.f("uq_identity_email")),
    )
    op.create_table(
        "issuer_key",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("org_id", sa.String(), nullable=True),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("uri", sa.String(), nullable=False),
        sa.Column("public", sa.Text(), nullable=False),
        sa.Column("verification_method", sa.String(), nullable=False),
        sa.Column("controller", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"], name=op.f("fk_issuer_key_org_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issuer_key")),
        sa.UniqueConstraint("uri", name=op.f("uq_issuer_key_uri")),
        sa.UniqueConstraint("verification_method", name=op.f("uq_issuer_key_verification_method")),
    )
    op.create_index(op.f("ix_issuer_key_controller"), "issuer_key", ["controller"], unique=False)
    op.create_index(op.f("ix_issuer_key_org_id"), "issuer_key", ["org_id"], unique=False)
    op.create_table(
        "one_time_link",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=True),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_one_time_link_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_one_time_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_one_time_link_token_hash")),
    )
    op.create_index(op.f("ix_one_time_link_account_id"), "one_time_link", ["account_id"], unique=False)
    op.create_index(op.f("ix_one_time_link_email"), "one_time_link", ["email"], unique=False)
    op.create_index(op.f("ix_one_time_link_expires"), "one_time_link", ["expires"], unique=False)
    op.create_index(op.f("ix_one_time_link_subject"), "one_time_link", ["subject"], unique=False)
    op.create_table(
        "organization_image",
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["digest"], ["blob.digest"], name=op.f("fk_organization_image_digest")),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"], name=op.f("fk_organization_image_org_id")),
        sa.PrimaryKeyConstraint("org_id", "digest", name=op.f("pk_organization_image")),
    )
    op.create_table(
        "passkey",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("credential_id", sa.String(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_passkey_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkey")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_passkey_credential_id")),
    )
    op.create_index(op.f("ix_passkey_account_id"), "passkey", ["account_id"], unique=False)
    op.create_table(
        "password",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("changed", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_password_account_id")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_password")),
    )
    op.create_table(
        "published_report",
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.Column("published", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"], name=op.f("fk_published_report_org_id")),
        sa.PrimaryKeyConstraint("org_id", name=op.f("pk_published_report")),
    )
    op.create_table(
        "quality_framework",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("components", sa.JSON(), nullable=False),
        sa.Column("required", sa.Boolean(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"], name=op.f("fk_quality_framework_org_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quality_framework")),
    )
    op.create_index(op.f("ix_quality_framework_org_id"), "quality_framework", ["org_id"], unique=False)
    op.create_table(
        "recovery_code",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("used", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_recovery_code_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_code")),
    )
    op.create_index(op.f("ix_recovery_code_account_id"), "recovery_code", ["account_id"], unique=False)
    op.create_table(
        "school",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("enrolment", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"], name=op.f("fk_school_org_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_school")),
        sa.UniqueConstraint("org_id", "name", name=op.f("uq_school_org_id_name")),
    )
    op.create_index(op.f("ix_school_org_id"), "school", ["org_id"], unique=False)
    op.create_table(
        "sign_in",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("factors", sa.Integer(), nullable=False),
        sa.Column("org_id", sa.String(), nullable=True),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_sign_in_account_id")),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"], name=op.f("fk_sign_in_org_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sign_in_token_hash")),
    )
    op.create_index(op.f("ix_sign_in_account_id"), "sign_in", ["account_id"], unique=False)
    op.create_index(op.f("ix_sign_in_expires"), "sign_in", ["expires"], unique=False)
    op.create_index(op.f("ix_sign_in_org_id"), "sign_in", ["org_id"], unique=False)
    op.create_table(
        "status_list",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("org_id", sa.String(), nullable=True),
        sa.Column("instance", sa.String(), nullable=True),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("wanted", sa.Integer(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signed", sa.DateTime(timezone=True), nullable=True),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"], name=op.f("fk_status_list_org_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_status_list")),
    )
    op.create_index(op.f("ix_status_list_instance"), "status_list", ["instance"], unique=False)
    op.create_index(op.f("ix_status_list_org_id"), "status_list", ["org_id"], unique=False)
    op.create_index(op.f("ix_status_list_valid_until"), "status_list", ["valid_until"], unique=False)
    op.create_table(
        "totp",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("sealed", sa.String(), nullable=False),
        sa.Column("confirmed", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_step", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_totp_account_id")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_totp")),
    )
    op.create_table(
        "transcript",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("asked", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made", sa.DateTime(timezone=True), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("awards", sa.JSON(), nullable=False),
        sa.Column("left_out", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_transcript_account_id")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_transcript")),
    )
    op.create_table(
        "assessor_certification",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("definition_id", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("granted_by", sa.String(), nullable=False),
        sa.Column("granted", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_assessor_certification_account_id")),
        sa.ForeignKeyConstraint(
            ["definition_id"], ["definition.id"], name=op.f("fk_assessor_certification_definition_id")
        ),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"], name=op.f("fk_assessor_certification_org_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assessor_certification")),
    )
    op.create_index(
        op.f("ix_assessor_certification_account_id"), "assessor_certification", ["account_id"], unique=False
    )
    op.create_index(
        op.f("ix_assessor_certification_definition_id"), "assessor_certification", ["definition_id"], unique=False
    )
    op.create_index(op.f("ix_assessor_certification_org_id"), "assessor_certification", ["org_id"], unique=False)
    op.create_table(
        "competency",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("framework_id", sa.String(), nullable=False),
        sa.Column("uri", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["framework_id"], ["competency_framework.id"], name=op.f("fk_competency_framework_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_competency")),
        sa.UniqueConstraint("framework_id", "uri", name=op.f("uq_competency_framework_id_uri")),
    )
    op.create_index(op.f("ix_competency_framework_id"), "competency", ["framework_id"], unique=False)
    op.create_table(
        "definition_tag",
        sa.Column("definition_id", sa.String(), nullable=False),
        sa.Column("tag", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(["definition_id"], ["definition.id"], name=op.f("fk_definition_tag_definition_id")),
        sa.PrimaryKeyConstraint("definition_id", "tag", name=op.f("pk_definition_tag")),
    )
    op.create_table(
        "definition_version",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("definition_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("published", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_by", sa.String(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["definition_id"], ["definition.id"], name=op.f("fk_definition_version_definition_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_definition_version")),
        sa.UniqueConstraint("definition_id", "number", name=op.f("uq_definition_version_definition_id_number")),
    )
    op.create_index(op.f("ix_definition_version_definition_id"), "definition_version", ["definition_id"], unique=False)
    op.create_table(
        "membership",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("school_id", sa.String(), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_membership_account_id")),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"], name=op.f("fk_membership_org_id")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_membership_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership")),
        sa.UniqueConstraint("org_id", "account_id", "role", name=op.f("uq_membership_org_id_account_id_role")),
    )
    op.create_index(op.f("ix_membership_account_id"), "membership", ["account_id"], unique=False)
    op.create_index(op.f("ix_membership_org_id"), "membership", ["org_id"], unique=False)
    op.create_index(op.f("ix_membership_school_id"), "membership", ["school_id"], unique=False)
    op.create_table(
        "proposal",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("definition_id", sa.String(), nullable=True),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_proposal_account_id")),
        sa.ForeignKeyConstraint(["definition_id"], ["definition.id"], name=op.f("fk_proposal_definition_id")),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"], name=op.f("fk_proposal_org_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal")),
    )
    op.create_index(op.f("ix_proposal_account_id"), "proposal", ["account_id"], unique=False)
    op.create_index(op.f("ix_proposal_definition_id"), "proposal", ["definition_id"], unique=False)
    op.create_index(op.f("ix_proposal_org_id"), "proposal", ["org_id"], unique=False)
    op.create_index(op.f("ix_proposal_state"), "proposal", ["state"], unique=False)
    op.create_table(
        "status_copy",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("list_id", sa.String(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["list_id"], ["status_list.id"], name=op.f("fk_status_copy_list_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_status_copy")),
        sa.UniqueConstraint("list_id", "edition", name=op.f("uq_status_copy_list_id_edition")),
    )
    op.create_index(op.f("ix_status_copy_list_id"), "status_copy", ["list_id"], unique=False)
    op.create_table(
        "status_place",
        sa.Column("list_id", sa.String(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("award_id", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["list_id"], ["status_list.id"], name=op.f("fk_status_place_list_id")),
        sa.PrimaryKeyConstraint("list_id", "place", name=op.f("pk_status_place")),
        sa.UniqueConstraint("award_id", "purpose", name=op.f("uq_status_place_award_id_purpose")),
    )
    op.create_index(op.f("ix_status_place_award_id"), "status_place", ["award_id"], unique=False)
    op.create_table(
        "award_batch",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("definition_id", sa.String(), nullable=False),
        sa.Column("version_id", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("bad", sa.Integer(), nullable=False),
        sa.Column("entered", sa.Integer(), nullable=False),
        sa.Column("proceed_with_good", sa.Boolean(), nullable=False),
        sa.Column("notify", sa.Boolean(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("started", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["definition_id"], ["definition.id"], name=op.f("fk_award_batch_definition_id")),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"], name=op.f("fk_award_batch_org_id")),
        sa.ForeignKeyConstraint(["version_id"], ["definition_version.id"], name=op.f("fk_award_batch_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_award_batch")),
        sa.UniqueConstraint("org_id", "key", name=op.f("uq_award_batch_org_id_key")),
    )
    op.create_index(op.f("ix_award_batch_definition_id"), "award_batch", ["definition_id"], unique=False)
    op.create_index(op.f("ix_award_batch_org_id"), "award_batch", ["org_id"], unique=False)
    op.create_index(op.f("ix_award_batch_state"), "award_batch", ["state"], unique=False)
    op.create_index(op.f("ix_award_batch_version_id"), "award_batch", ["version_id"], unique=False)
    op.create_table(
        "quality_review",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("version_id", sa.String(), nullable=False),
        sa.Column("framework_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("framework_version", sa.Integer(), nullable=False),
        sa.Column("findings", sa.JSON(), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("reviewer", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["framework_id"], ["quality_framework.id"], name=op.f("fk_quality_review_framework_id")
        ),
        sa.ForeignKeyConstraint(["version_id"], ["definition_version.id"], name=op.f("fk_quality_review_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quality_review")),
    )
    op.create_index(op.f("ix_quality_review_framework_id"), "quality_review", ["framework_id"], unique=False)
    op.create_index(op.f("ix_quality_review_version_id"), "quality_review", ["version_id"], unique=False)
    op.create_table(
        "submission",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("definition_id", sa.String(), nullable=False),
        sa.Column("version_id", sa.String(), nullable=False),
        sa.Column("school_id", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("open_key", sa.String(), nullable=True),
        sa.Column("reflection", sa.Text(), nullable=False),
        sa.Column("wants_coach", sa.Boolean(), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_submitted", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reminded", sa.DateTime(timezone=True), nullable=True),
        sa.Column("second_assessor", sa.Boolean(), nullable=False),
        sa.Column("warned", sa.DateTime(timezone=True), nullable=True),
        sa.Column("purged", sa.DateTime(timezone=True), nullable=True),
        sa.Column("text_version", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_submission_account_id")),
        sa.ForeignKeyConstraint(["definition_id"], ["definition.id"], name=op.f("fk_submission_definition_id")),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"], name=op.f("fk_submission_org_id")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_submission_school_id")),
        sa.ForeignKeyConstraint(["version_id"], ["definition_version.id"], name=op.f("fk_submission_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submission")),
        sa.UniqueConstraint("open_key", name=op.f("uq_submission_open_key")),
    )
    op.create_index(op.f("ix_submission_account_id"), "submission", ["account_id"], unique=False)
    op.create_index(op.f("ix_submission_definition_id"), "submission", ["definition_id"], unique=False)
    op.create_index(op.f("ix_submission_org_id"), "submission", ["org_id"], unique=False)
    op.create_index(op.f("ix_submission_school_id"), "submission", ["school_id"], unique=False)
    op.create_index(op.f("ix_submission_state"), "submission", ["state"], unique=False)
    op.create_index(op.f("ix_submission_version_id"), "submission", ["version_id"], unique=False)
    op.create_table(
        "attempt",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("submission_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("reflection", sa.Text(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("experiences", sa.JSON(), nullable=False),
        sa.Column("submitted", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"], name=op.f("fk_attempt_submission_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempt")),
        sa.UniqueConstraint("submission_id", "number", name=op.f("uq_attempt_submission_id_number")),
    )
    op.create_index(op.f("ix_attempt_submission_id"), "attempt", ["submission_id"], unique=False)
    op.create_table(
        "award",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("definition_id", sa.String(), nullable=False),
        sa.Column("version_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=True),
        sa.Column("submission_id", sa.String(), nullable=True),
        sa.Column("batch_id", sa.String(), nullable=True),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("standing", sa.String(), nullable=False),
        sa.Column("standing_reason", sa.Text(), nullable=False),
        sa.Column("standing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("visibility", sa.String(), nullable=False),
        sa.Column("notify", sa.Boolean(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("awarded", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("wanted", sa.Integer(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("correction", sa.Text(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("published", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claimed", sa.DateTime(timezone=True), nullable=True),
        sa.Column("erased", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_award_account_id")),
        sa.ForeignKeyConstraint(["batch_id"], ["award_batch.id"], name=op.f("fk_award_batch_id")),
        sa.ForeignKeyConstraint(["definition_id"], ["definition.id"], name=op.f("fk_award_definition_id")),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"], name=op.f("fk_award_org_id")),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"], name=op.f("fk_award_submission_id")),
        sa.ForeignKeyConstraint(["version_id"], ["definition_version.id"], name=op.f("fk_award_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_award")),
        sa.UniqueConstraint("org_id", "key", name=op.f("uq_award_org_id_key")),
    )
    op.create_index("award_by_org", "award", ["org_id", "created"], unique=False)
    op.create_index(op.f("ix_award_account_id"), "award", ["account_id"], unique=False)
    op.create_index(op.f("ix_award_batch_id"), "award", ["batch_id"], unique=False)
    op.create_index(op.f("ix_award_definition_id"), "award", ["definition_id"], unique=False)
    op.create_index(op.f("ix_award_org_id"), "award", ["org_id"], unique=False)
    op.create_index(op.f("ix_award_standing"), "award", ["standing"], unique=False)
    op.create_index(op.f("ix_award_state"), "award", ["state"], unique=False)
    op.create_index(op.f("ix_award_submission_id"), "award", ["submission_id"], unique=False)
    op.create_index(op.f("ix_award_version_id"), "award", ["version_id"], unique=False)
    op.create_table(
        "evidence_item",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("submission_id", sa.String(), nullable=False),
        sa.Column("requirement", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("genre", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=True),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("url", sa.String(), nullable=True),
        sa.Column("added", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["digest"], ["blob.digest"], name=op.f("fk_evidence_item_digest")),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"], name=op.f("fk_evidence_item_submission_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence_item")),
    )
    op.create_index(op.f("ix_evidence_item_digest"), "evidence_item", ["digest"], unique=False)
    op.create_index(op.f("ix_evidence_item_submission_id"), "evidence_item", ["submission_id"], unique=False)
    op.create_table(
        "experience",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("submission_id", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("hours", sa.Float(), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"], name=op.f("fk_experience_submission_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_experience")),
    )
    op.create_index(op.f("ix_experience_submission_id"), "experience", ["submission_id"], unique=False)
    op.create_table(
        "peer",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("submission_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=True),
        sa.Column("invited", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_peer_account_id")),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"], name=op.f("fk_peer_submission_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_peer")),
    )
    op.create_index(op.f("ix_peer_account_id"), "peer", ["account_id"], unique=False)
    op.create_index(op.f("ix_peer_submission_id"), "peer", ["submission_id"], unique=False)
    op.create_table(
        "review",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("submission_id", sa.String(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("part", sa.String(), nullable=False),
        sa.Column("assessor_id", sa.String(), nullable=False),
        sa.Column("certification_id", sa.String(), nullable=True),
        sa.Column("independence", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("scores", sa.JSON(), nullable=False),
        sa.Column("feedback", sa.Text(), nullable=False),
        sa.Column("decision", sa.String(), nullable=True),
        sa.Column("assigned", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reminded", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["assessor_id"], ["account.id"], name=op.f("fk_review_assessor_id")),
        sa.ForeignKeyConstraint(
            ["certification_id"], ["assessor_certification.id"], name=op.f("fk_review_certification_id")
        ),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"], name=op.f("fk_review_org_id")),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"], name=op.f("fk_review_submission_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review")),
    )
    op.create_index(op.f("ix_review_assessor_id"), "review", ["assessor_id"], unique=False)
    op.create_index(op.f("ix_review_certification_id"), "review", ["certification_id"], unique=False)
    op.create_index(op.f("ix_review_org_id"), "review", ["org_id"], unique=False)
    op.create_index(op.f("ix_review_state"), "review", ["state"], unique=False)
    op.create_index(op.f("ix_review_submission_id"), "review", ["submission_id"], unique=False)
    op.create_index(
        "review_part",
        "review",
        ["submission_id", "attempt", "part"],
        unique=True,
        sqlite_where=sa.text("state <> 'withdrawn'"),
        postgresql_where=sa.text("state <> 'withdrawn'"),
    )
    op.create_table(
        "saved_text",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("submission_id", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("aside", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"], name=op.f("fk_saved_text_submission_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_text")),
    )
    op.create_index(op.f("ix_saved_text_submission_id"), "saved_text", ["submission_id"], unique=False)
    op.create_table(
        "batch_row",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("batch_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("problems", sa.JSON(), nullable=False),
        sa.Column("good", sa.Boolean(), nullable=False),
        sa.Column("award_id", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["award_id"], ["award.id"], name=op.f("fk_batch_row_award_id")),
        sa.ForeignKeyConstraint(["batch_id"], ["award_batch.id"], name=op.f("fk_batch_row_batch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch_row")),
        sa.UniqueConstraint("batch_id", "number", name=op.f("uq_batch_row_batch_id_number")),
    )
    op.create_index("batch_row_open", "batch_row", ["batch_id", "good", "award_id", "number"], unique=False)
    op.create_index(op.f("ix_batch_row_award_id"), "batch_row", ["award_id"], unique=False)
    op.create_index(op.f("ix_batch_row_batch_id"), "batch_row", ["batch_id"], unique=False)
    op.create_table(
        "comment",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("submission_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=True),
        sa.Column("peer_id", sa.String(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_comment_account_id")),
        sa.ForeignKeyConstraint(["peer_id"], ["peer.id"], name=op.f("fk_comment_peer_id")),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"], name=op.f("fk_comment_submission_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comment")),
    )
    op.create_index(op.f("ix_comment_account_id"), "comment", ["account_id"], unique=False)
    op.create_index(op.f("ix_comment_peer_id"), "comment", ["peer_id"], unique=False)
    op.create_index(op.f("ix_comment_submission_id"), "comment", ["submission_id"], unique=False)
    op.create_table(
        "mail",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("org_id", sa.String(), nullable=True),
        sa.Column("about", sa.String(), nullable=True),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["about"], ["award.id"], name=op.f("fk_mail_about")),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"], name=op.f("fk_mail_org_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail")),
    )
    op.create_index(op.f("ix_mail_about"), "mail", ["about"], unique=False)
    op.create_index(op.f("ix_mail_address"), "mail", ["address"], unique=False)
    op.create_index(op.f("ix_mail_org_id"), "mail", ["org_id"], unique=False)
    op.create_table(
        "recipient",
        sa.Column("award_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("did", sa.String(), nullable=True),
        sa.Column("identifiers", sa.JSON(), nullable=False),
        sa.Column("show_name", sa.Boolean(), nullable=False),
        sa.Column("show_did", sa.Boolean(), nullable=False),
        sa.Column("salt", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["award_id"], ["award.id"], name=op.f("fk_recipient_award_id")),
        sa.PrimaryKeyConstraint("award_id", name=op.f("pk_recipient")),
    )
    op.create_index(op.f("ix_recipient_email"), "recipient", ["email"], unique=False)
    op.create_table(
        "signed_copy",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("award_id", sa.String(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("form", sa.String(), nullable=False),
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("signed", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["award_id"], ["award.id"], name=op.f("fk_signed_copy_award_id")),
        sa.ForeignKeyConstraint(["key_id"], ["issuer_key.id"], name=op.f("fk_signed_copy_key_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signed_copy")),
        sa.UniqueConstraint("award_id", "edition", "form", name=op.f("uq_signed_copy_award_id_edition_form")),
    )
    op.create_index(op.f("ix_signed_copy_award_id"), "signed_copy", ["award_id"], unique=False)
    op.create_index(op.f("ix_signed_copy_key_id"), "signed_copy", ["key_id"], unique=False)
    op.create_index(op.f("ix_signed_copy_sha256"), "signed_copy", ["sha256"], unique=False)
    op.create_table(
        "stack_proposal",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("definition_id", sa.String(), nullable=False),
        sa.Column("version_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("members", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("award_id", sa.String(), nullable=True),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_stack_proposal_account_id")),
        sa.ForeignKeyConstraint(["award_id"], ["award.id"], name=op.f("fk_stack_proposal_award_id")),
        sa.ForeignKeyConstraint(["definition_id"], ["definition.id"], name=op.f("fk_stack_proposal_definition_id")),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"], name=op.f("fk_stack_proposal_org_id")),
        sa.ForeignKeyConstraint(["version_id"], ["definition_version.id"], name=op.f("fk_stack_proposal_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stack_proposal")),
    )
    op.create_index(op.f("ix_stack_proposal_account_id"), "stack_proposal", ["account_id"], unique=False)
    op.create_index(op.f("ix_stack_proposal_award_id"), "stack_proposal", ["award_id"], unique=False)
    op.create_index(op.f("ix_stack_proposal_definition_id"), "stack_proposal", ["definition_id"], unique=False)
    op.create_index(op.f("ix_stack_proposal_org_id"), "stack_proposal", ["org_id"], unique=False)
    op.create_index(op.f("ix_stack_proposal_state"), "stack_proposal", ["state"], unique=False)
    op.create_index(op.f("ix_stack_proposal_version_id"), "stack_proposal", ["version_id"], unique=False)
    op.create_index(
        "stack_proposal_open",
        "stack_proposal",
        ["definition_id", "account_id"],
        unique=True,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "view_count",
        sa.Column("award_id", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("form", sa.String(length=16), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["award_id"], ["award.id"], name=op.f("fk_view_count_award_id")),
        sa.PrimaryKeyConstraint("award_id", "day", "form", name=op.f("pk_view_count")),
    )
    connection = op.get_bind()
    for statement in _APPEND_ONLY[connection.dialect.name]:
        connection.exec_driver_sql(statement)
