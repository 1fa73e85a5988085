"""What can be wrong with a request, said once for pages and programs.

Services raise these; the page shows them beside the fields, the API answers with problem+json.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as member
from typing import Any, NoReturn


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing wrong with one member. ``text`` is an English sentence for a person, a key of the catalogues, with
    ``{names}`` in it for ``values``. ``field`` is a form field's name, or a JSON pointer's first members."""

    field: str
    text: str
    values: Mapping[str, Any] = member(default_factory=dict)

    def __str__(self) -> str:
        return self.text.format(**self.values)


class Mistakes(Exception):  # noqa: N818 - somebody's who typed, not a defect
    """Input that cannot be taken as it is. Nothing was changed. Collect all before raising: ``if mistakes: raise``."""

    def __init__(self, *found: Mistake) -> None:
        super().__init__()
        self.found: list[Mistake] = list(found)

    def add(self, field: str, text: str, **values: Any) -> None:
        """Note a mistake."""
        self.found.append(Mistake(field, text, values))

    def __bool__(self) -> bool:
        return bool(self.found)

    def __str__(self) -> str:
        return "; ".join(f"{one.field}: {one}" for one in self.found)

    def of(self, field: str) -> Mistake | None:
        """The first mistake in a field."""
        return next((one for one in self.found if one.field == field), None)


class Conflict(Exception):  # noqa: N818
    """Somebody else was quicker, or it is in a state in which this cannot be done. Nothing was changed."""

    def __init__(self, text: str, **values: Any) -> None:
        super().__init__(text.format(**values))
        self.text, self.values = text, values


class Absent(Exception):  # noqa: N818
    """There is no such thing, or not for who asks: both are answered alike."""


class Forbidden(Exception):  # noqa: N818
    """Who asks may not do this; ``text`` says why in words for them."""

    def __init__(self, text: str = "Your roles here do not include this.", **values: Any) -> None:
        super().__init__(text.format(**values))
        self.text, self.values = text, values


def plain_reason(message: str) -> str:
    """What a model says of a value (pydantic's ``msg``), as a sentence of ours."""
    text = message.removeprefix("Value error, ")
    return f"{text[:1].upper()}{text[1:]}" + ("" if text.endswith((".", "!", "?")) else ".")


def refuse(field: str, text: str, **values: Any) -> NoReturn:
    """Raise Mistakes for one field."""
    raise Mistakes(Mistake(field, text, values))
