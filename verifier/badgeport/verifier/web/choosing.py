"""Which policies a reader may choose from, and how their places and kinds are called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from babel import Locale

from badgeport.verifier.shelf import Shelf, Shelved
from badgeport.verifier.web.words import Words, keyed

STATUS_WORDS: Mapping[str, str] = MappingProxyType(
    {"example": keyed("Example, not law"), "draft": keyed("Draft, not in force"), "in-force": keyed("In force")}
)
"""What the status of a policy is called."""

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "state-agency": keyed("State agency"),
        "licensing-board": keyed("Licensing board"),
        "district": keyed("School district"),
        "cooperative": keyed("Cooperative of districts"),
    }
)
"""What the kinds of jurisdictions are called."""

_STATES = """
AL Alabama,AK Alaska,AZ Arizona,AR Arkansas,CA California,CO Colorado,CT Connecticut,DE Delaware,FL Florida,
GA Georgia,HI Hawaii,ID Idaho,IL Illinois,IN Indiana,IA Iowa,KS Kansas,KY Kentucky,LA Louisiana,ME Maine,MD Maryland,
MA Massachusetts,MI Michigan,MN Minnesota,MS Mississippi,MO Missouri,MT Montana,NE Nebraska,NV Nevada,NH New Hampshire,
NJ New Jersey,NM New Mexico,NY New York,NC North Carolina,ND North Dakota,OH Ohio,OK Oklahoma,OR Oregon,PA Pennsylvania,
RI Rhode Island,SC South Carolina,SD South Dakota,TN Tennessee,TX Texas,UT Utah,VT Vermont,VA Virginia,WA Washington,
WV West Virginia,WI Wisconsin,WY Wyoming,DC District of Columbia"""
_STATE_NAMES: Mapping[str, str] = MappingProxyType({each.strip()[:2]: each.strip()[3:] for each in _STATES.split(",")})


@dataclass(frozen=True, slots=True)
class Choice:
    """A policy for one purpose, as a reader chooses it. ``value`` names both; ``shelved`` is the policy."""

    value: str
    shelved: Shelved
    purpose: str

    @property
    def purpose_title(self) -> str:
        """What the policy calls the purpose."""
        return self.shelved.policy.purposes[self.purpose].title


def choices(shelf: Shelf) -> tuple[Choice, ...]:
    """Every policy of the shelf for each of its purposes, in the order of the shelf."""
    return tuple(
        Choice(f"{shelved.name}/{purpose}", shelved, purpose)
        for shelved in shelf.policies
        for purpose in shelved.policy.purposes
    )


def chosen(shelf: Shelf, value: str) -> Choice | None:
    """What a reader chose; None where there is no such policy, or it has no such purpose."""
    name, _, purpose = value.partition("/")
    shelved = shelf.get(name)
    if shelved is None or shelved.withdrawn is not None or purpose not in shelved.policy.purposes:
        return None
    return Choice(value, shelved, purpose)


def grouped(shelf: Shelf, speech: Words) -> list[tuple[str, list[tuple[str, str]]]]:
    """The choices of a list: for each policy its heading, and the values and names of its purposes."""
    found: dict[str, list[tuple[str, str]]] = {}
    titles = titles_of(shelf, speech)
    for each in choices(shelf):
        policy = each.shelved.policy
        heading = f"{policy.jurisdiction.name}: {titles.get(each.shelved.name, policy.title)}"
        if policy.status != "in-force":
            heading = f"{heading} · {speech.say(STATUS_WORDS[policy.status])}"
        label = f"{each.purpose_title} ({policy.purposes[each.purpose].unit})"
        found.setdefault(heading, []).append((each.value, label))
    return list(found.items())


def titles_of(shelf: Shelf, speech: Words) -> Mapping[str, str]:
    """The titles of all policies by their short names, with the version where there are several of one."""
    policies = shelf.policies
    versions = Counter(each.policy.id for each in policies)
    return {
        each.name: each.policy.title
        if versions[each.policy.id] == 1
        else speech.say("{title}, version {version}", title=each.policy.title, version=each.policy.version)
        for each in policies
    }


def area_name(area: str | None, speech: Words) -> str:
    """The name of a place by its ISO 3166 code; the code itself where it is not one known here."""
    if not area:
        return ""
    country, _, part = area.partition("-")
    if country == "US" and part in _STATE_NAMES:
        return _STATE_NAMES[part]
    return str(Locale.parse(speech.language).territories.get(area, area))
