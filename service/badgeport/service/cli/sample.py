"""`badgeport serve --sample`: the sample programs, and a tour of them printed before the server starts."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path

from badgeport.service.cli.console import say
from badgeport.service.settings import Settings

NOTE_NAME = "sample.json"
_WORDS = """
amber anchor aspen badger barley basil beacon birch bramble brook canyon cedar chalk cherry clover copper coral cotton
crane creek daisy delta dune ember falcon fern fiddle finch flint garnet ginger glacier granite hazel heron hickory
honey indigo iris ivory jasper juniper kestrel lagoon lantern larch lemon lilac linden lotus lupine maple marble meadow
mint moss nectar nutmeg oak olive onyx opal orchid osprey otter pebble pecan pepper pine plum poplar prairie quartz
quill raven reed ridge river robin saffron sage salmon sequoia sierra slate sparrow spruce sumac summit tansy thistle
timber topaz tulip tundra velvet violet walnut willow wren yarrow zinnia
""".split()  # noqa: SIM905 - a hundred words are read more easily so


def sample_data(settings: Settings) -> None:
    """Fill an empty installation, never one in production, with the sample programs, and print the tour."""
    from badgeport.issuer.people.passwords import hash_password
    from badgeport.service.app import make_issuer
    from badgeport.service.metrics import Metrics
    from badgeport.service.sample import story

    note = settings.data_dir / NOTE_NAME
    desk = make_issuer(settings, Metrics())
    try:
        with desk.database.reading() as session:
            empty = story.is_empty(session)
        if empty:
            say("making the sample programs; this takes a few seconds …")
            password = "-".join(secrets.choice(_WORDS) for _ in range(5))
            _write(note, password)
            story.tell(desk, hash_password(password))
    finally:
        desk.database.close()
    known = _read(note)
    if known is None:
        say("note: there are organizations here already, so no sample programs were made")
        return
    _tour(settings.public_url or "", known, settings)


def _tour(url: str, password: str, settings: Settings) -> None:
    say()
    say(f"A tour. Everybody's password is {password}")
    say(f"Sign in at {url}/sign-in; messages that were sent lie in {settings.data_dir / 'outbox'}.")
    for place, steps in TOUR:
        say()
        say(f"{place}")
        for who, what in steps:
            say(f"  {who:<36} {what.format(url=url)}")
    say()


TOUR = (
    (
        "Everyone",
        (
            ("(nobody signed in)", "{url}/ : the catalog, with goals, rubrics and stacks"),
            ("(nobody signed in)", "{url}/verify : check any badge you download, or its link"),
        ),
    ),
    (
        "Three Rivers Service Cooperative: a micro-endorsement of three micro-credentials",
        (
            ("amara@stone-ridge.example", "{url}/home : badges; look at one, download it, share a set by one link"),
            ("levi@stone-ridge.example", "{url}/home : a portfolio that came back with feedback, and a draft"),
            ("roza@three-rivers-coop.example", "{url}/o/three-rivers/reviews : an assessor's queue"),
            ("ines@three-rivers-coop.example", "{url}/o/three-rivers : award the stack that is complete; the history"),
        ),
    ),
    (
        "Prairie Crossing School District: in-district credit, two assessors who do not see each other's scores",
        (
            ("june@prairie-crossing.example", "{url}/o/prairie-crossing/reviews : score as the second assessor"),
            ("gwen@prairie-crossing.example", "{url}/o/prairie-crossing : a teacher's proposal to adopt; reports"),
            ("maren@prairie-crossing.example", "{url}/home : a badge with one in-district credit"),
            ("priya@prairie-crossing.example", "{url}/home : a draft with hours of the pathway"),
        ),
    ),
    (
        "Heartland Partnership of States: a credential by flexible pathways",
        (
            ("bea@partnership.example", "{url}/o/partnership/awards : suspend, reinstate, revoke, award from a file"),
            ("lucia@north-fork.example", "{url}/home : two of three parts of a stack"),
            ("rowan@north-fork.example", "{url}/o/partnership/audit : who did what, when and why"),
        ),
    ),
    ("The installation", (("odile@installation.example", "{url}/operator : organizations, and jobs that failed"),)),
)
"""Who to sign in as, and where to look."""


def _write(note: Path, password: str) -> None:
    handle = os.open(note, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        json.dump({"password": password}, stream)


def _read(note: Path) -> str | None:
    try:
        return str(json.loads(note.read_text(encoding="utf-8"))["password"])
    except (OSError, ValueError, KeyError):
        return None
