"""What a definition says: a micro-credential or a stack, as its author writes it. One published version of it is what
an award is made from.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from badgeport.issuer.award import Alignment, Rubric

CREDIT_UNITS = ("clock hours", "CEU", "PDP", "in-district credit", "semester hours")
"""The units of credit that are offered; any other text is a unit too."""

Short = Annotated[str, Field(min_length=1, max_length=300)]
Long = Annotated[str, Field(max_length=20_000)]
Key = Annotated[str, Field(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,62})$")]


def _rubric(value: object) -> object:
    """A rubric out of parsed JSON: an award's members know JSON's lists in a JSON text alone."""
    return Rubric.model_validate_json(json.dumps(value)) if isinstance(value, dict) else value


class Part(BaseModel):
    """Base of what a definition is made of: camelCase, no unknown members."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)


class Experience(Part):
    """One experience of the pathway; ``hours`` is the most that counts of it."""

    key: Key
    title: Short
    description: Long = ""
    hours: Annotated[float, Field(gt=0, le=1000)] | None = None


class Resource(Part):
    """Something to learn from."""

    title: Short
    url: Annotated[str, Field(pattern=r"^https?://\S+$", max_length=2000)] | None = None
    description: Long = ""


class EvidenceRequirement(Part):
    """Something to hand in: at least ``minimum`` pieces of it."""

    key: Key
    title: Short
    description: Long = ""
    minimum: Annotated[int, Field(ge=0, le=50)] = 1


class Credit(Part):
    """What the organisation itself gives for it: an amount and its unit."""

    amount: Annotated[float, Field(ge=0, le=10_000)]
    unit: Short


class Validity(Part):
    """How long an award of it is valid, in months, and what renews it."""

    months: Annotated[int, Field(gt=0, le=600)]
    renewal: Long = ""


class Slot(Part):
    """A part of a stack: ``need`` of the definitions ``of`` (ids), each earned in its own right."""

    name: Short
    need: Annotated[int, Field(ge=1, le=100)]
    of: Annotated[tuple[str, ...], Field(min_length=1, max_length=200)]

    @model_validator(mode="after")
    def _possible(self) -> Slot:
        if len(set(self.of)) != len(self.of):
            raise ValueError("a choice names the same micro-credential twice")
        if self.need > len(self.of):
            raise ValueError("more are needed than there are to choose from")
        return self


class StackRule(Part):
    """What completes a stack: every slot filled. "All of" is one slot that needs all it names; "n of" one that needs n;
    choice slots are several. An award fills one slot only. A slot may name stacks."""

    slots: Annotated[tuple[Slot, ...], Field(min_length=1, max_length=50)]

    def members(self) -> Iterator[str]:
        """The ids of every definition named."""
        for slot in self.slots:
            yield from slot.of


class DefinitionBody(Part):
    """A definition. ``achievement_type`` is a type of Open Badges 3.0 or an ``ext:`` one.

    ``pathway_minimum`` is how many hours the pathway needs in all, ``second_assessor`` overrides the organisation's
    habit, ``stack`` is present in stacks alone, ``image`` is the digest of a stored picture.
    """

    name: Short
    competency: Long
    """What somebody who has earned it can do: the achievement's description."""
    goal: Long = ""
    requirements: Long = ""
    """What to do to earn it: the achievement's criteria, with the rubric."""
    method: Long = ""
    resources: Annotated[tuple[Resource, ...], Field(max_length=100)] = ()
    pathway: Annotated[tuple[Experience, ...], Field(max_length=50)] = ()
    pathway_minimum: Annotated[float, Field(ge=0, le=10_000)] | None = None
    rubric: Annotated[Rubric | None, BeforeValidator(_rubric)] = None
    evidence: Annotated[tuple[EvidenceRequirement, ...], Field(max_length=50)] = ()
    reflection_prompt: Long = ""
    alignments: Annotated[tuple[Alignment, ...], Field(max_length=100)] = ()
    credit: Credit | None = None
    contact_hours: Annotated[float, Field(ge=0, le=10_000)] | None = None
    validity: Validity | None = None
    achievement_type: Annotated[str, Field(max_length=100)] = "MicroCredential"
    grade_band: Annotated[str, Field(max_length=100)] = ""
    tags: Annotated[tuple[Short, ...], Field(max_length=50)] = ()
    language: Annotated[str, Field(max_length=20)] = "en"
    image: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    second_assessor: bool | None = None
    due_days: Annotated[int, Field(gt=0, le=3650)] | None = None
    """How many days after its start a portfolio is due."""
    stack: StackRule | None = None

    @model_validator(mode="after")
    def _sound(self) -> DefinitionBody:
        for what, keys in (
            ("experiences", [one.key for one in self.pathway]),
            ("evidence requirements", [one.key for one in self.evidence]),
        ):
            if len(set(keys)) != len(keys):
                raise ValueError(f"two {what} have the same key")
        return self

    def to_json(self) -> dict[str, Any]:
        """The body as it is stored and exported."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


Kind = Literal["micro-credential", "stack"]
