"""The documented ``ext:`` result types: what Open Badges 3.0 has no term for and a receiving district asks about.

The unit of a credit, the independence of the assessor and a few more facts are said with a ResultDescription and a
Result of an extension result type, so that every other verifier still verifies the badge. docs/vocabulary.md is the
public table.
"""

from __future__ import annotations

from typing import Final

CREDIT_UNIT: Final = "ext:CreditUnit"
CONTACT_HOURS: Final = "ext:ContactHours"
ASSESSOR_INDEPENDENCE: Final = "ext:AssessorIndependence"
SECOND_ASSESSOR: Final = "ext:SecondAssessor"
ASSESSOR_CERTIFICATION: Final = "ext:AssessorCertification"
IDENTITY_ASSURANCE: Final = "ext:IdentityAssurance"
GRADE_BAND: Final = "ext:GradeBand"

INDEPENDENCE_VALUES: Final = ("same-school", "same-employer", "independent")
"""Allowed values of ``ext:AssessorIndependence``, from least to most independent."""

SECOND_ASSESSOR_VALUES: Final = ("no", "yes")
"""Allowed values of ``ext:SecondAssessor``."""

EXTENSION_RESULTS: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    CREDIT_UNIT: ("Credit unit", ()),
    CONTACT_HOURS: ("Contact hours", ()),
    ASSESSOR_INDEPENDENCE: ("Assessor independence", INDEPENDENCE_VALUES),
    SECOND_ASSESSOR: ("Second assessor", SECOND_ASSESSOR_VALUES),
    ASSESSOR_CERTIFICATION: ("Assessor certification", ()),
    IDENTITY_ASSURANCE: ("Identity assurance", ()),
    GRADE_BAND: ("Grade band", ()),
}
"""Every extension result type: the name shown to people and the allowed values, low to high (empty: any text)."""
