"""Sample awards of two kinds of program; all people and organisations are invented.

``in-district`` is a micro-credential of five experiences that earns one in-district credit. The three ``stack-…``
awards are the micro-credentials of one micro-endorsement, and ``stack-endorsement`` is the micro-endorsement itself.
None names an ``issuer.id``, so that any key can mint them.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from badgeport.schemas import jsontext
from badgeport.schemas.problems import MALFORMED_VALUE_ERROR, ProblemError

IN_DISTRICT = "in-district"
STACK_MEMBERS = ("stack-1-decomposing", "stack-2-data-talks", "stack-3-debugging")
STACK_ENDORSEMENT = "stack-endorsement"
NAMES = (IN_DISTRICT, *STACK_MEMBERS, STACK_ENDORSEMENT)


def load(name: str) -> dict[str, Any]:
    """The sample award of that name, as AWARD.json holds it; a fresh copy each time.

    Raises ``ProblemError`` (MALFORMED_VALUE_ERROR) for a name not in `NAMES`.
    """
    if name not in NAMES:
        raise ProblemError(MALFORMED_VALUE_ERROR, f"There is no sample {name!r}; there are {', '.join(NAMES)}.")
    return jsontext.parse_object((files(__name__) / f"{name}.json").read_bytes())


def with_badges(stack_award: Mapping[str, Any], badges: Mapping[str, str]) -> dict[str, Any]:
    """A stack award whose members point to the earner's badges: ``badges`` maps achievement ids to credential ids."""
    members = [
        {**member, "credential": badges[member["achievement"]]} if member["achievement"] in badges else member
        for member in stack_award["stack"]["members"]
    ]
    return {**stack_award, "stack": {**stack_award["stack"], "members": members}}
