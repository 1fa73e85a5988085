"""Example policies and an example agreement, shipped as data: dated, cited, marked as examples and never law.

Nothing here is trusted by default, and every identifier is below ``.example``, which nobody owns (docs/examples.md).
"""

from __future__ import annotations

import json
from functools import cache
from importlib import resources

from badgeport.verifier.recognition.approval.agreements import Agreement, agreement_of
from badgeport.verifier.recognition.authoring.authoring import read_policy
from badgeport.verifier.recognition.model import RecognitionPolicy

_SUFFIX = ".yaml"
_AGREEMENT = "partnership-agreement.json"


def names() -> tuple[str, ...]:
    """The names of the example policies, sorted."""
    files = (file.name for file in resources.files(__name__).iterdir())
    return tuple(sorted(name.removesuffix(_SUFFIX) for name in files if name.endswith(_SUFFIX)))


def text(name: str) -> str:
    """An example policy as it is written, in YAML. Raises KeyError for a name that is none of `names`."""
    if name not in names():
        raise KeyError(name)
    return resources.files(__name__).joinpath(name + _SUFFIX).read_text(encoding="utf-8")


@cache
def policy(name: str) -> RecognitionPolicy:
    """An example policy. Raises KeyError for a name that is none of `names`."""
    return read_policy(text(name))


@cache
def agreement() -> Agreement:
    """The example agreement, to which the policies whose names begin with ``partnership`` refer."""
    written = resources.files(__name__).joinpath(_AGREEMENT).read_text(encoding="utf-8")
    return agreement_of(json.loads(written))
