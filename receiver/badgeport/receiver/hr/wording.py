"""Words for the codes of staff credit. English texts, keys of the catalogues."""

from __future__ import annotations

from badgeport.web.words import keyed

IMPORT_STATES = {
    "waiting": keyed("Waits for its turn"),
    "running": keyed("Under way"),
    "done": keyed("Done"),
    "stopped": keyed("Stopped"),
}
OUTCOMES = {
    "new": keyed("New badges"),
    "copy": keyed("Other copies of known badges"),
    "known": keyed("Known already"),
    "quarantined": keyed("Put aside"),
}
DECISIONS = {
    "accept": keyed("Accepted"),
    "accept_with_conditions": keyed("Accepted with conditions"),
    "refer": keyed("A person has to decide"),
    "not_accepted": keyed("Not accepted"),
}
STANDINGS = {
    "credited": keyed("Credited"),
    "reversed": keyed("Credit taken back"),
    "waiting": keyed("Not credited"),
}
LINES = {
    "credit": keyed("Credit"),
    "reversal": keyed("Credit taken back"),
    "reinstatement": keyed("Open again for a decision"),
}
VERDICTS = {
    "valid": keyed("Valid"),
    "invalid": keyed("Not valid"),
    "undetermined": keyed("Cannot be told"),
}
PUT_ASIDE = {
    "no-identity": keyed("It shows nothing by which an employee could be found."),
    "no-employee": keyed("Nobody on the roster has an identifier that it names."),
    "ambiguous": keyed("Its identifiers lead to more than one employee."),
    "several-subjects": keyed("It is about several people at once."),
    "other-employee": keyed("Another copy of it is another employee's."),
    "no-credential": keyed("There is no badge in it."),
    "unreadable": keyed("It could not be read."),
    "presentation": keyed("It is a presentation: hand in the badges that it shows."),
    "not-a-badge": keyed("It asserts no achievement."),
    "left-out": keyed("A member of a learner record that is not valid."),
    "undetermined": keyed("Whether it is valid could not be told."),
    "bad-roster-row": keyed("A row of the roster that is not right."),
}
NOT_VALID = keyed("The badge is not valid.")
"""Said of what was put aside with any other code: that of a check."""
CHANGES = {
    "not-valid": keyed("Not valid any more"),
    "undetermined": keyed("Cannot be told at the moment"),
    "valid-again": keyed("Valid again"),
    "policy": keyed("Another version of the policy gives another amount"),
    "share": keyed("Credited together with a badge that was taken back"),
}
PROPOSALS = {
    "reverse": keyed("Take the credit back"),
    "reverse-and-decide-again": keyed("Take the credit back and decide again with the next import"),
    "reinstate": keyed("Give the badge back for a decision with the next import"),
}
IMPORTER = keyed("The import")
NOBODY = keyed("(erased)")
PROGRAM = keyed("A program")
EXPORTS = (
    ("csv", keyed("Table (CSV)"), keyed("For spreadsheets: a row for every badge that was decided on.")),
    ("parquet", keyed("Table (Parquet)"), keyed("The same rows, for data systems.")),
    (
        "ed-fi",
        keyed("Ed-Fi credentials (JSON, experimental)"),
        keyed("Only what is credited and was valid at the last check. Needs the state and the namespace below."),
    ),
    (
        "ler-rs",
        keyed("HR Open LER-RS (JSON, experimental)"),
        keyed("A document for each employee, with the signed source of every certification."),
    ),
)
EXPERIMENTAL = keyed(
    "“Experimental” means: it was not checked against the schema of the standard, which could not be had."
)
