"""Units of effort and credit: what they are called in badges and policies, so that "PDPs" and "PDP" are one.

A unit is compared by its canonical name. Nothing is converted here: what ten hours are worth is a policy's to say.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Final

CONTACT_HOURS: Final = "contact hours"
CREDENTIALS: Final = "credentials"

QUANTITIES: Final[Mapping[str, str]] = MappingProxyType(
    {
        CONTACT_HOURS: "hours of work or instruction, as the badge states them",
        CREDENTIALS: "the number of badges, each of which is one",
        "clock hours": "clock hours",
        "semester credit": "semester credits or semester hours",
        "quarter credit": "quarter credits or quarter hours",
        "graduate credit": "graduate credits",
        "masters-equivalent hours": "masters-equivalent credit hours",
        "CEU": "continuing education units",
        "PDP": "professional development points",
        "PLU": "professional learning units",
        "CPE hours": "continuing professional education hours",
        "renewal credit": "renewal credits",
        "in-district credit": "credits on a district's own salary schedule",
        "board credit": "credits granted by a school board",
        "USBE credit": "credits of the Utah State Board of Education",
        "PTSB credit": "credits of the Wyoming Professional Teaching Standards Board",
    }
)
"""Every unit that is read in a badge without a policy's help: its canonical name and what it is."""

_SPELLINGS: Final = {
    "contact hour": CONTACT_HOURS,
    "badge": CREDENTIALS,
    "micro credential": CREDENTIALS,
    "microcredential": CREDENTIALS,
    "semester hour": "semester credit",
    "semester credit hour": "semester credit",
    "quarter hour": "quarter credit",
    "quarter credit hour": "quarter credit",
    "graduate credit hour": "graduate credit",
    "graduate semester credit": "graduate credit",
    "masters equivalent credit hour": "masters-equivalent hours",
    "continuing education unit": "CEU",
    "professional development point": "PDP",
    "professional learning unit": "PLU",
    "continuing professional education hour": "CPE hours",
    "salary schedule credit": "in-district credit",
}


def canonical_unit(text: str) -> str:
    """The name a unit is compared by: that in `QUANTITIES` where it is one of them, else its words in lower case.

    Case, hyphens, spaces, apostrophes and the "s" of a plural make no difference.
    """
    plain = _plain(text)
    return _KNOWN.get(plain, plain)


def same_unit(one: str, other: str) -> bool:
    """Whether two names are of the same unit."""
    return canonical_unit(one) == canonical_unit(other)


def known_unit(text: str, own: Collection[str] = ()) -> bool:
    """Whether a policy may ask for a unit: it is one of `QUANTITIES`, or among ``own``, those its purposes give."""
    unit = canonical_unit(text)
    return unit in QUANTITIES or any(unit == canonical_unit(each) for each in own)


def _plain(text: str) -> str:
    words = re.sub(r"[\s_\-‐-―]+", " ", re.sub("['’]", "", text)).strip(" .").casefold().split()
    return " ".join(word[:-1] if len(word) > 3 and word.endswith("s") and word[-2] != "s" else word for word in words)


_KNOWN: Final = {
    **{_plain(name): name for name in QUANTITIES},
    **{_plain(name): unit for name, unit in _SPELLINGS.items()},
}
