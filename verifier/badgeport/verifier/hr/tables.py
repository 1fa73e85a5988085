"""The tables of the ledger. Entries, decisions and outcomes are only ever added; the file refuses anything else."""

from __future__ import annotations

VERSION = 1

_ADDED_ONLY = ("original", "checked", "outcome", "decision", "entry", "copy")

_TABLES = """
CREATE TABLE IF NOT EXISTS original (sha256 TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS checked (
    id INTEGER PRIMARY KEY, sha256 TEXT NOT NULL, at TEXT NOT NULL, verdict TEXT NOT NULL, codes TEXT NOT NULL,
    run INTEGER, package BLOB);
CREATE INDEX IF NOT EXISTS checked_of ON checked (sha256, id);
CREATE TABLE IF NOT EXISTS run (
    id INTEGER PRIMARY KEY AUTOINCREMENT, started TEXT NOT NULL, finished TEXT, policy TEXT NOT NULL,
    version TEXT NOT NULL, policy_sha256 TEXT NOT NULL, purpose TEXT NOT NULL, software TEXT NOT NULL, summary TEXT);
CREATE TABLE IF NOT EXISTS badge (
    identity TEXT PRIMARY KEY, employee TEXT NOT NULL, credential_id TEXT, issuer TEXT, achievement TEXT, name TEXT)
    WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS badge_of ON badge (employee);
CREATE TABLE IF NOT EXISTS copy (
    sha256 TEXT NOT NULL, place TEXT NOT NULL, original TEXT NOT NULL REFERENCES original,
    identity TEXT NOT NULL REFERENCES badge, PRIMARY KEY (original, place)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS copy_of ON copy (identity);
CREATE TABLE IF NOT EXISTS outcome (
    run INTEGER NOT NULL REFERENCES run, position INTEGER NOT NULL, place TEXT NOT NULL, name TEXT NOT NULL,
    original TEXT NOT NULL, outcome TEXT NOT NULL, code TEXT, reason TEXT, employee TEXT, identity TEXT,
    PRIMARY KEY (run, position, place)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS quarantine (
    id INTEGER PRIMARY KEY AUTOINCREMENT, run INTEGER NOT NULL REFERENCES run, name TEXT NOT NULL, place TEXT NOT NULL,
    original TEXT NOT NULL REFERENCES original, code TEXT NOT NULL, reason TEXT NOT NULL, released INTEGER);
CREATE UNIQUE INDEX IF NOT EXISTS quarantined_once ON quarantine (original, place, code) WHERE released IS NULL;
CREATE TABLE IF NOT EXISTS decision (
    id INTEGER PRIMARY KEY AUTOINCREMENT, run INTEGER NOT NULL REFERENCES run, employee TEXT NOT NULL,
    purpose TEXT NOT NULL, policy TEXT NOT NULL, version TEXT NOT NULL, policy_sha256 TEXT NOT NULL,
    basis TEXT NOT NULL, kind TEXT NOT NULL, amount TEXT NOT NULL, unit TEXT NOT NULL, made TEXT NOT NULL,
    body TEXT NOT NULL, record TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS decision_of ON decision (employee, purpose, id);
CREATE TABLE IF NOT EXISTS entry (
    id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL CHECK (kind IN ('credit', 'reversal', 'reinstatement')),
    reverses INTEGER UNIQUE REFERENCES entry, decision INTEGER NOT NULL REFERENCES decision, employee TEXT NOT NULL,
    purpose TEXT NOT NULL, identity TEXT NOT NULL REFERENCES badge, credential TEXT NOT NULL, rule TEXT NOT NULL,
    category TEXT, lane TEXT, cycle TEXT, amount TEXT NOT NULL, unit TEXT NOT NULL, day TEXT NOT NULL,
    at TEXT NOT NULL, who TEXT NOT NULL, why TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS entry_of ON entry (employee, purpose, id);
CREATE INDEX IF NOT EXISTS entry_about ON entry (identity, purpose, id);
CREATE TABLE IF NOT EXISTS finding (
    id INTEGER PRIMARY KEY AUTOINCREMENT, found TEXT NOT NULL, entry INTEGER NOT NULL REFERENCES entry,
    kind TEXT NOT NULL, code TEXT NOT NULL, detail TEXT NOT NULL, proposal TEXT, state TEXT NOT NULL,
    who TEXT, why TEXT, settled TEXT);
CREATE UNIQUE INDEX IF NOT EXISTS found_once ON finding (entry, kind, code) WHERE state = 'open';
CREATE TRIGGER IF NOT EXISTS credited_once BEFORE INSERT ON entry WHEN NEW.kind = 'credit' AND (
    SELECT kind FROM entry WHERE identity = NEW.identity AND purpose = NEW.purpose ORDER BY id DESC LIMIT 1)
    <> 'reinstatement'
BEGIN SELECT RAISE(ABORT, 'a badge is credited once for a purpose'); END;
"""

SCHEMA = _TABLES + "".join(
    f"""
CREATE TRIGGER IF NOT EXISTS {table}_is_kept_{verb.lower()} BEFORE {verb} ON {table}
BEGIN SELECT RAISE(ABORT, 'what is in the ledger is not changed'); END;
"""
    for table in _ADDED_ONLY
    for verb in ("UPDATE", "DELETE")
)
"""Statements that make the tables and change nothing where they are there."""
