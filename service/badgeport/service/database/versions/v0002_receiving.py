"""What receivers keep: policies, agreements, decisions, imports."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make it so."""
    op.create_table(
        "hr_settings",
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("policy", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("roster", sa.JSON(), nullable=False),
        sa.Column("webhook", sa.Text(), nullable=False),
        sa.Column("webhook_secret", sa.Text(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("namespace", sa.Text(), nullable=False),
        sa.Column("every_days", sa.Integer(), nullable=False),
        sa.Column("changed", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"], name=op.f("fk_hr_settings_org_id")),
        sa.PrimaryKeyConstraint("org_id", name=op.f("pk_hr_settings")),
    )
    op.create_table(
        "hr_notice",
        sa.Column("membership_id", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["membership_id"], ["membership.id"], name=op.f("fk_hr_notice_membership_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("membership_id", name=op.f("pk_hr_notice")),
    )
    op.create_table(
        "hr_import",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("again", sa.Boolean(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("trouble", sa.Text(), nullable=False),
        sa.Column("policy", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("runs", sa.JSON(), nullable=False),
        sa.Column("summary", sa.JSON(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("finished", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"], name=op.f("fk_hr_import_org_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hr_import")),
    )
    op.create_index(op.f("ix_hr_import_created"), "hr_import", ["created"], unique=False)
    op.create_index(op.f("ix_hr_import_org_id"), "hr_import", ["org_id"], unique=False)
    op.create_table(
        "hr_recheck",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reached", sa.Text(), nullable=False),
        sa.Column("checked", sa.Integer(), nullable=False),
        sa.Column("found", sa.JSON(), nullable=False),
        sa.Column("report", sa.JSON(), nullable=False),
        sa.Column("webhook", sa.Text(), nullable=False),
        sa.Column("delivered", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("finished", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"], name=op.f("fk_hr_recheck_org_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hr_recheck")),
    )
    op.create_index(op.f("ix_hr_recheck_created"), "hr_recheck", ["created"], unique=False)
    op.create_index(op.f("ix_hr_recheck_org_id"), "hr_recheck", ["org_id"], unique=False)
    _decisions()


def _decisions() -> None:
    """What is kept of filed decisions."""
    op.create_table(
        "filed_decision",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("package", sa.String(length=64), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("policy_id", sa.String(), nullable=False),
        sa.Column("policy_version", sa.String(), nullable=False),
        sa.Column("policy_sha256", sa.String(length=64), nullable=False),
        sa.Column("policy_title", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("amount", sa.String(), nullable=False),
        sa.Column("at_most", sa.String(), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("filed", sa.DateTime(timezone=True), nullable=False),
        sa.Column("filed_by", sa.String(), nullable=False),
        sa.Column("receipt", sa.LargeBinary(), nullable=True),
        sa.Column("signed", sa.DateTime(timezone=True), nullable=True),
        sa.Column("link_hash", sa.String(length=64), nullable=True),
        sa.Column("erased", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"], name=op.f("fk_filed_decision_org_id")),
        sa.ForeignKeyConstraint(["package"], ["blob.digest"], name=op.f("fk_filed_decision_package")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_filed_decision")),
        sa.UniqueConstraint("link_hash", name=op.f("uq_filed_decision_link_hash")),
        sa.UniqueConstraint("org_id", "key", name=op.f("uq_filed_decision_org_id_key")),
    )
    op.create_index(op.f("ix_filed_decision_filed"), "filed_decision", ["filed"], unique=False)
    op.create_index(op.f("ix_filed_decision_org_id"), "filed_decision", ["org_id"], unique=False)
    op.create_index(op.f("ix_filed_decision_package"), "filed_decision", ["package"], unique=False)
    op.create_index(op.f("ix_filed_decision_policy_id"), "filed_decision", ["policy_id"], unique=False)
    op.create_table(
        "decision_step",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("decision_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("deed", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("office", sa.String(), nullable=True),
        sa.Column("kind", sa.String(), nullable=True),
        sa.Column("amount", sa.String(), nullable=True),
        sa.Column("document", sa.LargeBinary(), nullable=True),
        sa.Column("signed", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["decision_id"], ["filed_decision.id"], name=op.f("fk_decision_step_decision_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision_step")),
        sa.UniqueConstraint("decision_id", "number", name=op.f("uq_decision_step_decision_id_number")),
    )
    op.create_index(op.f("ix_decision_step_actor"), "decision_step", ["actor"], unique=False)
    op.create_index(op.f("ix_decision_step_decision_id"), "decision_step", ["decision_id"], unique=False)
    op.create_table(
        "decided_badge",
        sa.Column("decision_id", sa.String(), nullable=False),
        sa.Column("identity", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["decision_id"], ["filed_decision.id"], name=op.f("fk_decided_badge_decision_id")),
        sa.PrimaryKeyConstraint("decision_id", "identity", name=op.f("pk_decided_badge")),
    )
    op.create_index(op.f("ix_decided_badge_identity"), "decided_badge", ["identity"], unique=False)
    op.create_table(
        "recognition_policy",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("draft", sa.Text(), nullable=True),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("changed", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"], name=op.f("fk_recognition_policy_org_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recognition_policy")),
        sa.UniqueConstraint("org_id", "name", name=op.f("uq_recognition_policy_org_id_name")),
    )
    op.create_index(op.f("ix_recognition_policy_org_id"), "recognition_policy", ["org_id"], unique=False)
    op.create_table(
        "recognition_edition",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("thing_id", sa.String(length=26), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("starts", sa.Date(), nullable=True),
        sa.Column("ends", sa.Date(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("asked", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("published", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn", sa.DateTime(timezone=True), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"], name=op.f("fk_recognition_edition_org_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recognition_edition")),
        sa.UniqueConstraint("kind", "thing_id", "number", name=op.f("uq_recognition_edition_kind_thing_id_number")),
    )
    op.create_index(op.f("ix_recognition_edition_org_id"), "recognition_edition", ["org_id"], unique=False)
    op.create_index(op.f("ix_recognition_edition_thing_id"), "recognition_edition", ["thing_id"], unique=False)
    op.create_table(
        "shelf_mark",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shelf_mark")),
    )
    op.create_table(
        "recognition_agreement",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("draft", sa.Text(), nullable=True),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("changed", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"], name=op.f("fk_recognition_agreement_org_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recognition_agreement")),
        sa.UniqueConstraint("org_id", "name", name=op.f("uq_recognition_agreement_org_id_name")),
    )
    op.create_index(op.f("ix_recognition_agreement_org_id"), "recognition_agreement", ["org_id"], unique=False)
    op.create_table(
        "recognition_approval",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("issuer", sa.String(), nullable=True),
        sa.Column("achievement", sa.String(), nullable=True),
        sa.Column("achievement_version", sa.String(), nullable=True),
        sa.Column("areas", sa.JSON(), nullable=False),
        sa.Column("starts", sa.Date(), nullable=True),
        sa.Column("ends", sa.Date(), nullable=True),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("added", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"], name=op.f("fk_recognition_approval_org_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recognition_approval")),
    )
    op.create_index(op.f("ix_recognition_approval_org_id"), "recognition_approval", ["org_id"], unique=False)
