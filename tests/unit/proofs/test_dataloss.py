"""What would not be signed, or would be signed under another name, is refused (checks rows 5 and 6)."""

import copy
import json
from typing import Any

import pytest

from badgeport.proofs.canonicalization import canonicalize, dataset
from badgeport.schemas import contexts
from badgeport.schemas.contexts import ContextStore, urls
from badgeport.schemas.problems import (
    CONTEXT_UNKNOWN,
    DATA_LOSS_DETECTION_ERROR,
    PROOF_TRANSFORMATION_ERROR,
    PROOF_VERIFICATION_ERROR,
    ProblemError,
    ProblemType,
)
from support.di_material import badge

STORE = contexts.store()
EX = "https://ex.example/terms#"
LOSS, MISLEADING, SYNTAX = DATA_LOSS_DETECTION_ERROR, PROOF_VERIFICATION_ERROR, PROOF_TRANSFORMATION_ERROR


def _changed(pointer: str, value: Any) -> dict[str, Any]:
    """The badge with one member set."""
    document = badge()
    target: Any = document
    *path, last = pointer.split("/")[1:]
    for token in path:
        target = target[int(token) if isinstance(target, list) else token]
    target[int(last) if isinstance(target, list) else last.replace("~1", "/")] = value
    return document


def _refusal(document: dict[str, Any], store: ContextStore = STORE) -> tuple[ProblemType, str | None]:
    before = copy.deepcopy(document)
    with pytest.raises(ProblemError) as caught:
        dataset(document, contexts=store)
    assert document == before
    return caught.value.problem.type, caught.value.problem.pointer


_SUBJECT, _ACHIEVEMENT = "/credentialSubject", "/credentialSubject/achievement"

_LOST = [
    # Undefined terms and types, also where a term is defined elsewhere
    ("/level", "gold"),
    (f"{_ACHIEVEMENT}/level", "gold"),
    ("/achievementType", "Badge"),
    (f"{_SUBJECT}/result/0/hashed", True),
    ("/type", ["VerifiableCredential", "GoldBadge"]),
    ("/issuer/type", "Organisation"),
    ("/type", ["VerifiableCredential", ""]),
    # Identifiers and references that are no absolute IRIs
    ("/id", "c/1"),
    ("/id", ""),
    ("/id", "//badges.example/c/1"),
    ("/id", "_:b0"),
    ("/id", "https://badges.example/c 1"),
    ("/id", "https://badges.example/c\u00a01"),
    ("/id", 'https://badges.example/"'),
    ("/id", "https://a.example/> <https://b.example/p> <https://c.example/o> .\n<https://d.example/"),
    ("/issuer", "a college"),
    ("/issuer/id", "#me"),
    (f"{_SUBJECT}/image", "picture.png"),
    (f"{_ACHIEVEMENT}/criteria", "three lessons"),
    # Null, and what is not the form of an identifier or type
    ("/id", None),
    ("/name", None),
    ("/evidence/0", None),
    ("/type", None),
    ("/type", []),
    ("/type", 5),
    ("/type", ["VerifiableCredential", 5]),
    ("/type", {"id": "urn:x"}),
    ("/id", 5),
    ("/id", ["urn:x"]),
    ("/id", {"id": "urn:x"}),
    ("/validUntil", None),
    (f"{_ACHIEVEMENT}/resultDescription/0/allowedValue", [None]),
    # What would be flattened, rounded or taken for something else
    ("/evidence/0", [{"type": ["Evidence"]}]),
    (f"{_ACHIEVEMENT}/tag", [["a"], "b"]),
    (f"{_SUBJECT}/creditsEarned", 2**53),
    ("/name", {"@value": None}),
    ("/name", {"@value": 5}),
    ("/name", {"@value": 5, "@language": "en"}),
    ("/name", {"@value": None, "@type": "https://ex.example/type"}),
    ("/name", {"@value": "x", "@language": "not a language"}),
    ("/name", {"@value": "x", "@language": None}),
    ("/name", {"@value": "x", "@direction": "up"}),
    ("/name", {"@value": "x", "note": "y"}),
    ("/name", {"@value": ["x"]}),
    # A graph that would be empty
    ("/proof", "urn:proof"),
    ("/proof", {"id": "urn:proof"}),
    ("/proof", [5]),
]


@pytest.mark.parametrize(("pointer", "value"), _LOST, ids=[f"{p}={json.dumps(v)[:40]}" for p, v in _LOST])
def test_what_would_be_dropped_or_changed(pointer: str, value: Any) -> None:
    problem, where = _refusal(_changed(pointer, value))
    assert problem == LOSS
    assert where is not None
    assert where.startswith(pointer)


_MISLEADING = [
    # Members spelled as IRIs, in full or abbreviated, instead of by their names
    ("/https:~1~1schema.org~1name", "Another name"),
    ("/https:~1~1www.w3.org~12018~1credentials#credentialStatus", {"id": "urn:x"}),
    ("/urn:made-up", "x"),
    ("/xsd:name", "x"),
    # Keywords where the contexts have names for them
    ("/@id", "urn:x"),
    ("/@type", "VerifiableCredential"),
    ("/evidence/0/@type", "Evidence"),
    ("/evidence/0/@id", "urn:x"),
    # Types as IRIs that have names
    ("/type/1", "https://purl.imsglobal.org/spec/vc/ob/vocab.html#OpenBadgeCredential"),
    ("/credentialStatus/type", "https://www.w3.org/ns/credentials/status#BitstringStatusListEntry"),
    # A second spelling of a value that has a plain one
    ("/validUntil", {"@value": "2030-01-01T00:00:00Z", "@type": "http://www.w3.org/2001/XMLSchema#dateTime"}),
    ("/validUntil", {"@value": "2030-01-01T00:00:00Z"}),
    ("/credentialStatus/statusPurpose", {"@value": "revocation"}),
    ("/name", {"@value": "x", "@type": "http://www.w3.org/2001/XMLSchema#string"}),
    ("/name", {"@value": "5", "@type": "http://www.w3.org/2001/XMLSchema#integer"}),
    ("/name", {"@value": "x", "@type": "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"}),
    ("/name", {"@value": "x", "@type": "https://www.w3.org/ns/i18n#ar_rtl"}),
    # Contexts inside objects that are no documents
    ("/credentialStatus/@context", urls.CREDENTIALS_V2),
    ("/evidence/0/@context", {}),
    ("/credentialSubject/@context", None),
]


@pytest.mark.parametrize(("pointer", "value"), _MISLEADING, ids=[f"{p}={json.dumps(v)[:40]}" for p, v in _MISLEADING])
def test_what_would_be_said_under_another_name(pointer: str, value: Any) -> None:
    assert _refusal(_changed(pointer, value))[0] == MISLEADING


@pytest.mark.parametrize(
    "keyword", ["@graph", "@reverse", "@included", "@nest", "@index", "@list", "@set", "@json", "@base"]
)
def test_keywords_that_credentials_have_no_use_for(keyword: str) -> None:
    for pointer in (f"/{keyword}", f"/evidence/0/{keyword}"):
        assert _refusal(_changed(pointer, [])) == (SYNTAX, pointer)
    assert _refusal(_changed("/evidence", {keyword: []}))[0] == SYNTAX


def _context(*entries: Any) -> dict[str, Any]:
    return badge(**{"@context": [*badge()["@context"], *entries]})


_CONTEXTS: list[tuple[Any, ProblemType]] = [
    # A name that is taken, at any depth of the contexts listed
    ({"name": EX + "name"}, MISLEADING),
    ({"credentialStatus": EX + "credentialStatus"}, MISLEADING),
    ({"narrative": EX + "narrative"}, MISLEADING),
    ({"BitstringStatusListEntry": EX + "BitstringStatusListEntry"}, MISLEADING),
    # A second name for something that has one, at any depth
    ({"label": "https://schema.org/name"}, MISLEADING),
    ({"credentialStatus2": "https://www.w3.org/2018/credentials#credentialStatus"}, MISLEADING),
    ({"criterion": {"@id": "https://purl.imsglobal.org/spec/vc/ob/vocab.html#Criteria"}}, MISLEADING),
    # A name that says something else than its IRI
    ({"passed": EX + "failed"}, MISLEADING),
    ({"passed": EX}, MISLEADING),
    # Prefixes, abbreviations and aliases
    ({"did": "https://attacker.example/"}, MISLEADING),
    ({"xsd": "http://www.w3.org/2001/XMLSchema#"}, MISLEADING),
    ({"note": "xsd:note"}, MISLEADING),
    ({"note": "note"}, MISLEADING),
    ({"kind": "@type"}, MISLEADING),
    ({"key": "@id"}, MISLEADING),
    ({"urn:x:note": "urn:x:note"}, MISLEADING),
    ({"https://ex.example/terms#note": EX + "note"}, MISLEADING),
    # Definitions with more to them
    ({"note": {"@id": EX + "note", "@context": {}}}, MISLEADING),
    ({"note": {"@reverse": EX + "note"}}, MISLEADING),
    ({"note": {"@id": EX + "note", "@container": "@index"}}, MISLEADING),
    ({"note": {"@id": EX + "note", "@container": ["@set"]}}, MISLEADING),
    ({"note": {"@id": EX + "note", "@type": "xsd:date"}}, MISLEADING),
    ({"note": {"@id": EX + "note", "@type": 5}}, MISLEADING),
    ({"note": {"@id": EX + "note", "@prefix": True}}, MISLEADING),
    ({"note": {"@id": EX + "note", "@language": "en"}}, MISLEADING),
    ({"note": None}, MISLEADING),
    ({"note": 5}, MISLEADING),
    ({"note": []}, MISLEADING),
    ({"": EX}, MISLEADING),
    ({"@vocab": EX}, MISLEADING),
    ({"@base": EX}, MISLEADING),
    ({"@language": "en"}, MISLEADING),
    ({"@direction": "rtl"}, MISLEADING),
    ({"@propagate": False}, MISLEADING),
    ({"@import": urls.OB_2}, MISLEADING),
    ({"@context": {}}, MISLEADING),
    ({"@version": 1.0}, MISLEADING),
    ({"@version": True}, MISLEADING),
    ({"@protected": "yes"}, MISLEADING),
    # Not contexts
    (None, MISLEADING),
    (5, MISLEADING),
    ([urls.OB_2], MISLEADING),
    ("https://unknown.example", CONTEXT_UNKNOWN),
]


@pytest.mark.parametrize(("entry", "problem"), _CONTEXTS, ids=[json.dumps(entry)[:60] for entry, _ in _CONTEXTS])
def test_contexts_that_could_change_what_members_mean(entry: Any, problem: ProblemType) -> None:
    assert _refusal(_context(entry))[0] == problem
    first = badge(**{"@context": [entry, *badge()["@context"]]})
    assert _refusal(first)[0] == problem


def test_inline_contexts_may_add_terms() -> None:
    document = _context(
        {
            "@version": 1.1,
            "@protected": True,
            "hours": {"@id": EX + "hours", "@type": "http://www.w3.org/2001/XMLSchema#double"},
        },
        {"CoTaught": EX + "CoTaught", "mentor": {"@id": "urn:ex:mentor", "@type": "@id", "@container": "@set"}},
    )
    document["hours"] = 2
    document["mentor"] = ["did:example:grace"]
    document["type"].append("CoTaught")
    text = canonicalize(document, contexts=STORE)
    for part in (f'<{EX}hours> "2.0E0"', "<urn:ex:mentor> <did:example:grace>", f"<{EX}CoTaught>"):
        assert part in text
    twice = _context({"note": EX + "note"}, {"note": EX + "other/note"})
    assert _refusal(twice)[0] == MISLEADING


def test_an_embedded_credential_cannot_redefine_the_terms_around_it() -> None:
    endorsement: dict[str, Any] = {
        "@context": [*badge()["@context"], {"hours": "https://other.example/hours"}],
        "type": ["VerifiableCredential", "EndorsementCredential"],
        "hours": 1,
    }
    document = _context({"hours": EX + "hours"})
    document["endorsement"] = [endorsement]
    assert _refusal(document)[0] == MISLEADING
    endorsement["@context"][-1] = {"hours": EX + "hours"}
    assert f"<{EX}hours>" in canonicalize(document, contexts=STORE)


def _with(**files: Any) -> ContextStore:
    return STORE.with_documents(
        {f"https://op.example/{name}": json.dumps(data).encode() for name, data in files.items()}
    )


def test_a_later_context_file_cannot_rename_what_an_earlier_one_names() -> None:
    """Else a revoked badge could be shown without the member in which its status is looked for."""
    store = _with(
        synonym={
            "@context": {"state": {"@id": "https://www.w3.org/2018/credentials#credentialStatus", "@type": "@id"}}
        },
        kind={"@context": {"Entry": "https://www.w3.org/ns/credentials/status#BitstringStatusListEntry"}},
        alias={"@context": {"uid": "@id"}},
        prefix={"@context": {"cred": "https://www.w3.org/2018/credentials#", "see": "https://badges.example/"}},
        vocabulary={"@context": {"@vocab": "https://schema.org/"}},
    )
    document = badge(credentialStatus=None, state=badge()["credentialStatus"])
    document["@context"].append("https://op.example/synonym")
    assert _refusal(document, store) == (MISLEADING, "/state")
    document = badge()
    document["@context"].append("https://op.example/kind")
    document["credentialStatus"]["type"] = "Entry"
    assert _refusal(document, store)[0] == MISLEADING
    document = badge()
    document["@context"].append("https://op.example/alias")
    document["evidence"][0]["uid"] = "urn:x"
    assert _refusal(document, store) == (MISLEADING, "/evidence/0/uid")
    document = badge()
    document["@context"].append("https://op.example/prefix")
    document["cred:credentialStatus"] = document.pop("credentialStatus")
    assert _refusal(document, store)[0] == MISLEADING
    document = badge(id="see:c/1")
    document["@context"].append("https://op.example/prefix")
    assert _refusal(document, store) == (MISLEADING, "/id")
    document = badge()
    document["@context"].append("https://op.example/vocabulary")
    document["credentialSubject"]["achievement"]["keywords"] = document["credentialSubject"]["achievement"].pop("tag")
    assert _refusal(document, store) == (MISLEADING, "/credentialSubject/achievement/keywords")


def test_vocabulary_contexts_define_every_plain_name() -> None:
    document = _context(urls.UNDEFINED_TERMS_V2)
    document |= {"level": "gold", "type": [*document["type"], "GoldBadge"]}
    text = canonicalize(document, contexts=STORE)
    assert "#level> " in text
    assert "#GoldBadge> " in text
    for name in ("a b", 'a"', "a>", "a\\"):
        assert _refusal({**document, name: "x"})[0] == LOSS


def test_forms_of_json_ld_that_lose_or_hide_data() -> None:
    store = _with(
        index={"@context": {"by": {"@id": EX + "by", "@container": "@index"}}},
        ids={"@context": {"by": {"@id": EX + "by", "@container": "@id"}}},
        json={"@context": {"by": {"@id": EX + "by", "@type": "@json", "@container": "@list"}}},
        back={"@context": {"by": {"@reverse": EX + "by"}}},
        nest={"@context": {"by": "@nest"}},
        none={"@context": {"by": None}},
        blank={"@context": {"by": "_:by"}},
        language={"@context": {"by": {"@id": EX + "by", "@container": "@language"}}},
        scoped={"@context": {"by": {"@id": EX + "by"}, "Kind": {"@id": EX + "Kind", "@context": {"sort": "@type"}}}},
    )

    def document(name: str, value: Any) -> dict[str, Any]:
        return {
            "@context": [urls.CREDENTIALS_V2, f"https://op.example/{name}"],
            "id": "urn:a",
            "name": "n",
            "by": value,
        }

    assert _refusal(document("index", {"a": "x"}), store) == (SYNTAX, "/by")
    assert _refusal(document("ids", {"urn:x": {"name": "x"}}), store) == (SYNTAX, "/by")
    assert _refusal(document("json", [1]), store) == (SYNTAX, "/by")
    assert _refusal(document("back", {"name": "x"}), store) == (SYNTAX, "/by")
    assert _refusal(document("nest", {"name": "x"}), store) == (SYNTAX, "/by")
    assert _refusal(document("none", "x"), store) == (LOSS, "/by")
    assert _refusal(document("blank", "x"), store) == (LOSS, "/by")
    assert '"x"@en' in canonicalize(document("language", {"en": "x", "de": ["y", "z"]}), contexts=store)
    assert _refusal(document("language", {"@none": "x"}), store)[0] == LOSS
    assert _refusal(document("language", {"en": [None]}), store)[0] == LOSS
    assert _refusal(document("scoped", {"type": "Kind", "sort": "urn:x"}), store) == (MISLEADING, "/by/sort")


def test_context_files_that_contradict_each_other() -> None:
    store = _with(other={"@context": {"name": EX + "name"}}, reset={"@context": [None, {"note": EX + "note"}]})
    for name in ("other", "reset"):
        document = badge()
        document["@context"].append(f"https://op.example/{name}")
        assert _refusal(document, store)[0] == SYNTAX


def test_what_is_said_of_a_credential_cannot_be_spread_over_objects() -> None:
    """Statements about one id merge in the graph: a member moved to a namesake would stay signed and go unseen."""
    whole = badge()
    moved = badge()
    moved["refreshService"]["credentialStatus"] = moved.pop("credentialStatus")
    moved["refreshService"]["type"] = ["1EdTechCredentialRefresh", "VerifiableCredential"]
    canonicalize(whole, contexts=STORE)
    assert _refusal(moved) == (MISLEADING, "/refreshService")
    # Both objects with a status, so that each shows the members that are looked for
    split = copy.deepcopy(moved)
    split["credentialStatus"] = {**badge()["credentialStatus"], "id": "urn:other"}
    assert _refusal(split)[0] == MISLEADING
    # A status entry taken apart
    status = badge()["credentialStatus"]
    parts = [
        {"id": status["id"], "type": status["type"]},
        {key: status[key] for key in status if key != "statusPurpose"},
    ]
    assert _refusal(badge(credentialStatus=[status, status["id"]]))[0] == MISLEADING
    assert _refusal(badge(credentialStatus=parts))[0] == MISLEADING
    taken_apart = [{**parts[0], "statusPurpose": "revocation"}, parts[1]]
    assert _refusal(badge(credentialStatus=taken_apart))[0] == MISLEADING
    # The same endorsement in two places is no contradiction; a different one of the same id is.
    endorsement = {
        "id": "urn:endorsement",
        "type": ["VerifiableCredential", "EndorsementCredential"],
        "issuer": "did:example:e",
        "validFrom": "2025-01-01T00:00:00Z",
        "credentialSubject": {"id": "https://badges.example/achievements/1", "type": ["EndorsementSubject"]},
    }
    document = badge(endorsement=[endorsement])
    document["issuer"]["endorsement"] = [copy.deepcopy(endorsement)]
    canonicalize(document, contexts=STORE)
    document["issuer"]["endorsement"][0]["validUntil"] = "2026-01-01T00:00:00Z"
    assert _refusal(document)[0] == MISLEADING


def test_the_unchanged_badge_is_accepted() -> None:
    canonicalize(badge(), contexts=STORE)


def test_every_single_change_of_a_value_changes_the_text_or_is_refused() -> None:
    document = badge()
    original = canonicalize(document, contexts=STORE)
    for path in list(_leaves(document)):
        for replacement in ("urn:changed", "changed", 41, True, None, {"id": "urn:c"}, {}, ["x"]):
            changed = copy.deepcopy(document)
            target: Any = changed
            for token in path[:-1]:
                target = target[token]
            target[path[-1]] = replacement
            try:
                assert canonicalize(changed, contexts=STORE) != original, (path, replacement)
            except ProblemError:
                continue


def test_every_member_left_out_or_renamed_changes_the_text_or_is_refused() -> None:
    document = badge()
    original = canonicalize(document, contexts=STORE)
    for path in list(_members(document)):
        for name in (None, "x", path[-1].upper(), path[-1] + " ", "@" + path[-1], "name", "description"):
            changed = copy.deepcopy(document)
            target: Any = changed
            for token in path[:-1]:
                target = target[token]
            value = target.pop(path[-1])
            if name is not None and name != path[-1]:
                target[name] = value
            elif name == path[-1]:
                continue
            try:
                assert canonicalize(changed, contexts=STORE) != original, (path, name)
            except ProblemError:
                continue


def _leaves(value: Any, path: tuple[Any, ...] = ()) -> Any:
    if isinstance(value, dict):
        for name, member in value.items():
            if name != "@context":
                yield from _leaves(member, (*path, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _leaves(item, (*path, index))
    else:
        yield path


def _members(value: Any, path: tuple[Any, ...] = ()) -> Any:
    if isinstance(value, dict):
        for name, member in value.items():
            if name != "@context":
                yield (*path, name)
                yield from _members(member, (*path, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _members(item, (*path, index))
