"""What each check and each problem is called and means, for a person at a desk.

English, and at the same time the keys of the catalogues (see `words`). One sentence for each outcome of a check; what a
single report found beyond that is in its own messages, which are for people who know the standards.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from badgeport.schemas import problems


class CheckWords(NamedTuple):
    """What a check is called, and one plain sentence for each outcome."""

    title: str
    passed: str
    failed: str
    unknown: str
    skipped: str


class ProblemWords(NamedTuple):
    """What a problem means for the reader, and what to do next."""

    meaning: str
    next_step: str


class DoubtWords(NamedTuple):
    """What a problem is called and means where it left a check open instead of failing it, and what to do next."""

    title: str
    meaning: str
    next_step: str


CHECKS: Mapping[str, CheckWords] = MappingProxyType(
    {
        "parsing": CheckWords(
            title="A credential was found",
            passed="What was handed in holds a credential, and it could be read.",
            failed="What was handed in could not be read as one credential.",
            unknown="It could not be settled whether there is a credential here that can be read.",
            skipped="The reading stopped before its end; another check says why.",
        ),
        "input-limits": CheckWords(
            title="Safe to read",
            passed="Its size and structure are within what can be read safely.",
            failed="It is larger or more intricate than can be read safely.",
            unknown="It could not be settled whether it can be read safely.",
            skipped="There was nothing readable to measure.",
        ),
        "canonicalization": CheckWords(
            title="Signed text worked out",
            passed="The exact content that was signed could be worked out.",
            failed="The exact content that was signed cannot be worked out.",
            unknown="The exact content that was signed could not be worked out here.",
            skipped="This kind of signature does not need it, or an earlier step was missing.",
        ),
        "context": CheckWords(
            title="Known vocabulary",
            passed="The credential uses the published vocabularies for its kind.",
            failed="The credential does not use the vocabularies its kind requires.",
            unknown="The credential uses a vocabulary that is not available here.",
            skipped="The vocabulary was not looked at.",
        ),
        "defined-terms": CheckWords(
            title="Every entry has a meaning",
            passed="Every entry in the credential has a defined meaning; nothing is left outside the signature.",
            failed="Part of the credential has no defined meaning, so no signature would protect it.",
            unknown="It could not be settled whether every entry has a defined meaning.",
            skipped="The entries were not looked at; another check says why.",
        ),
        "signed-content": CheckWords(
            title="What is shown is what was signed",
            passed="What the credential shows is what its issuer signed.",
            failed="The credential shows something other than what was signed.",
            unknown="It could not be settled whether what is shown is what was signed.",
            skipped="This was not compared; another check says why.",
        ),
        "type": CheckWords(
            title="The right kind of document",
            passed="It says of itself what kind of credential it is.",
            failed="It is not the kind of document it should be.",
            unknown="It could not be settled what kind of document it is.",
            skipped="The kind of document was not asked about here.",
        ),
        "identifier": CheckWords(
            title="Proper identifier",
            passed="The credential's identifier has the right form.",
            failed="The credential's identifier has the wrong form.",
            unknown="The credential's identifier could not be judged.",
            skipped="The credential has no identifier and needs none.",
        ),
        "data-model": CheckWords(
            title="Complete and well formed",
            passed="Everything the standard asks for is there, in the right form.",
            failed="Something the standard asks for is missing or in the wrong form.",
            unknown="It could not be settled whether it is complete.",
            skipped="This standard is not the one for this document.",
        ),
        "credential-schema": CheckWords(
            title="Fits its own template",
            passed="It fits every template it names.",
            failed="It does not fit a template it names.",
            unknown="A template it names was not available, so the comparison was not made.",
            skipped="It names no template to be compared with.",
        ),
        "subject": CheckWords(
            title="Says whom it is about",
            passed="The credential says whom it is about.",
            failed="The credential does not properly say whom it is about.",
            unknown="It could not be settled whom the credential is about.",
            skipped="This is asked of badges and endorsements only.",
        ),
        "achievement": CheckWords(
            title="Achievement described properly",
            passed="The achievement, its criteria and its results are described in the right form.",
            failed="The achievement, its criteria or its results are described in the wrong form.",
            unknown="The description of the achievement could not be judged.",
            skipped="This is asked of badges only.",
        ),
        "evidence": CheckWords(
            title="Evidence described properly",
            passed="The evidence it refers to is described in the right form.",
            failed="The evidence it refers to is described in the wrong form.",
            unknown="The description of the evidence could not be judged.",
            skipped="It refers to no evidence; that is common and no fault.",
        ),
        "issuer-profile": CheckWords(
            title="Issuer described properly",
            passed="The description of the issuer has the right form.",
            failed="The description of the issuer has the wrong form.",
            unknown="The description of the issuer could not be judged.",
            skipped="This is asked of badges and endorsements only.",
        ),
        "dates": CheckWords(
            title="Dates make sense",
            passed="Its dates are written properly and in the right order.",
            failed="A date is not written properly, or the dates are in the wrong order.",
            unknown="Its dates could not be judged.",
            skipped="Its dates were not looked at.",
        ),
        "proof-present": CheckWords(
            title="It is signed",
            passed="The credential carries a signature, or stands in a document its issuer signed.",
            failed="Nothing protects this document: anyone could have written it.",
            unknown="It has no signature of its own, and the document around it could not be checked.",
            skipped="No signature was looked for.",
        ),
        "proof-members": CheckWords(
            title="Signature complete",
            passed="The signature is complete and was made for this purpose.",
            failed="The signature is incomplete, or was made for another purpose.",
            unknown="It could not be settled whether the signature is complete.",
            skipped="Its signature is of another form; that form has its own checks.",
        ),
        "cryptosuite": CheckWords(
            title="Signature of a known kind",
            passed="The signature is of a kind that can be checked here.",
            failed="The signature is of a kind that is not acceptable.",
            unknown="The signature is of a kind that cannot be checked here.",
            skipped="Its signature is of another form; that form has its own checks.",
        ),
        "proof-constraints": CheckWords(
            title="Signature meant for this use",
            passed="The signature is in force and meant for this use.",
            failed="The signature is not in force, or was made for another reader or occasion.",
            unknown="It could not be settled whether the signature is in force.",
            skipped="There was no signature to look at.",
        ),
        "proof-value": CheckWords(
            title="Signature well formed",
            passed="The signature has the right form.",
            failed="The signature does not have the form it should have.",
            unknown="The form of the signature could not be judged.",
            skipped="There was no signature of this form to look at.",
        ),
        "verification-method": CheckWords(
            title="Says which key signed",
            passed="The signature says which key made it.",
            failed="The signature does not properly say which key made it.",
            unknown="It could not be settled which key made the signature.",
            skipped="There was no signature that names a key.",
        ),
        "key-document": CheckWords(
            title="Issuer's key found",
            passed="The issuer's public key was found where it is published.",
            failed="What is published as the issuer's key cannot be used.",
            unknown=("The issuer's public key could not be fetched, so the signature could not be compared with it."),
            skipped="No published key was needed or looked for.",
        ),
        "key-relationship": CheckWords(
            title="Key allowed to sign this",
            passed="The issuer lists this key as one that may sign credentials.",
            failed="The issuer does not list this key as one that may sign credentials.",
            unknown="It could not be settled whether this key may sign credentials.",
            skipped="There was no key to look at.",
        ),
        "issuer-key": CheckWords(
            title="Signed by the issuer itself",
            passed=(
                "The key that signed it belongs to whoever is named as its issuer (or, for a presentation, its holder)."
            ),
            failed="The key that signed it belongs to somebody else: the one it names did not sign this.",
            unknown="It could not be shown that the key belongs to whoever is named as its issuer.",
            skipped="There was no signature of this form whose key to look at.",
        ),
        "jwt-key": CheckWords(
            title="Signed by the issuer itself (token form)",
            passed=(
                "The key that signed it belongs to whoever is named as its issuer (or, for a presentation, its holder)."
            ),
            failed="The key that signed it belongs to somebody else: the one it names did not sign this.",
            unknown="It could not be shown that the key belongs to whoever is named as its issuer.",
            skipped="The credential is not in token form.",
        ),
        "jose-header": CheckWords(
            title="Token sealed in a safe way",
            passed="The credential was sealed in a way that is considered safe.",
            failed="The credential was sealed in a way that is not acceptable.",
            unknown="It could not be settled how the credential was sealed.",
            skipped="The credential is not in token form.",
        ),
        "signature": CheckWords(
            title="Nothing was changed",
            passed="The signature is good: nothing was changed since the credential was signed.",
            failed="The signature is not good: the content was changed, or the issuer's key did not make it.",
            unknown="The signature could not be checked, so it is not known whether anything was changed.",
            skipped="There was no signature that could be checked.",
        ),
        "jwt-claims": CheckWords(
            title="Token and content agree",
            passed="The token around the credential says the same as the credential.",
            failed="The token around the credential says something else than the credential.",
            unknown="It could not be settled whether the token agrees with the credential.",
            skipped="The credential is not in token form.",
        ),
        "key-validity": CheckWords(
            title="Key was valid when it signed",
            passed="The issuer's key was valid when it signed.",
            failed="The issuer's key was not valid when it signed.",
            unknown="It could not be settled whether the issuer's key was valid when it signed.",
            skipped="There was no key to look at.",
        ),
        "selective-disclosure": CheckWords(
            title="Nothing decisive left out",
            passed="Nothing that decides whether the credential holds could be left out of what is shown.",
            failed="The issuer let the holder leave out something that no reader can do without.",
            unknown="Something that decides whether the credential holds may have been left out of what is shown.",
            skipped="Nothing in this credential can be left out by its holder.",
        ),
        "validity-period": CheckWords(
            title="Within its dates",
            passed="The credential was within its dates at the time asked about.",
            failed="The credential was outside its dates at the time asked about.",
            unknown="Its dates could not be read, so it is not known whether it is in force.",
            skipped="The credential states no dates, so it does not expire by itself.",
        ),
        "refresh": CheckWords(
            title="Newest copy",
            passed="Its issuer was asked for the newest copy, and dates and withdrawal were judged on it.",
            failed="The newer copy that its issuer offers could not be accepted.",
            unknown="It could not be settled whether there is a newer copy.",
            skipped="No newer copy was used; the credential was judged as it was handed in.",
        ),
        "status-retrieval": CheckWords(
            title="List of withdrawn credentials reached",
            passed="The issuer's list of withdrawn credentials could be fetched.",
            failed="The issuer's list of withdrawn credentials cannot be used.",
            unknown="The issuer's list of withdrawn credentials could not be reached.",
            skipped="The credential names no such list.",
        ),
        "status-list": CheckWords(
            title="That list is genuine",
            passed="The list is signed by the issuer and speaks for the time asked about.",
            failed="The list cannot be trusted.",
            unknown="There was no list for the time asked about that can be trusted.",
            skipped="There was no list to look at.",
        ),
        "status-purpose": CheckWords(
            title="The list is about the right thing",
            passed="The list is about what the credential says it is about.",
            failed="The list is about something else.",
            unknown="It could not be settled what the list is about.",
            skipped="There was no list to look at.",
        ),
        "status-encoding": CheckWords(
            title="The list can be read",
            passed="The list is well formed and has an entry for this credential.",
            failed="The credential's reference to the list, or the list, is malformed.",
            unknown="The list could not be read.",
            skipped="There was no list to look at.",
        ),
        "status": CheckWords(
            title="Not revoked or suspended",
            passed="The issuer has neither revoked nor suspended it.",
            failed="The issuer has revoked or suspended it.",
            unknown="It is not known whether the issuer has revoked or suspended it.",
            skipped="The credential names no list that would tell.",
        ),
        "revocation-list": CheckWords(
            title="Not on the issuer's revocation list",
            passed="The issuer's revocation list does not name it.",
            failed="The issuer's revocation list names it: it was revoked.",
            unknown="It is not known whether the issuer's revocation list names it.",
            skipped="The credential names no revocation list of this form.",
        ),
        "issuer-recognition": CheckWords(
            title="Issuer known to this service",
            passed="The registries this service uses were asked for the issuer; the answer stands above.",
            failed="The issuer is on none of the registries, and these rules accept only issuers that are.",
            unknown="The issuer was not found, and not every registry could be read.",
            skipped="The issuer was not looked up.",
        ),
        "issuer-authorization": CheckWords(
            title="Issuer may award this here",
            passed="The issuer may award this here.",
            failed="The issuer may not award this here.",
            unknown="It could not be settled whether the issuer may award this here.",
            skipped="What it counts for in a state or district is decided by the rules there, not by this page.",
        ),
        "recipient": CheckWords(
            title="Awarded to the person you named",
            passed="It was awarded to the person you named.",
            failed="It was awarded to somebody else than the person you named.",
            unknown="It could not be settled whether all of it is about the person you named.",
            skipped="You named nobody to compare with.",
        ),
        "endorsements": CheckWords(
            title="Endorsements",
            passed="Every endorsement in it is genuine.",
            failed="An endorsement in it is not valid.",
            unknown="An endorsement in it could not be checked.",
            skipped="Nobody's endorsement is included; that is common and no fault.",
        ),
        "members": CheckWords(
            title="Credentials it contains",
            passed="Every credential it contains is valid.",
            failed="A credential it contains is not valid.",
            unknown="A credential it contains could not be checked completely.",
            skipped="It contains no other credentials.",
        ),
        "presentation": CheckWords(
            title="Presented by its owner",
            passed="The person the credentials are about presents them.",
            failed="It was presented by somebody else, or for another reader or occasion.",
            unknown="It could not be settled whether the person the credentials are about presents them.",
            skipped="It is a credential by itself, not a presentation of some.",
        ),
        "resource-integrity": CheckWords(
            title="Pictures and files unchanged",
            passed="The pictures and files it refers to are the ones that were signed.",
            failed="A picture or file it refers to is not the one that was signed.",
            unknown="It could not be settled whether pictures and files are unchanged.",
            skipped="There was no picture or file to compare.",
        ),
        "open-badges-2": CheckWords(
            title="Older badge (Open Badges 2.0)",
            passed="The older badge holds by the rules of its time.",
            failed="The older badge does not hold by the rules of its time.",
            unknown="The older badge could not be confirmed with its issuer's site.",
            skipped="It is not a badge of the older kind.",
        ),
        "publication": CheckWords(
            title="Issuer's own publishing",
            passed="The issuer serves what it published.",
            failed="The issuer serves something else than it published.",
            unknown="It could not be settled whether the issuer serves what it published.",
            skipped="Only the issuer itself can check this.",
        ),
    }
)
"""The words of every check, by its id."""

PASSED_ON: Mapping[str, CheckWords] = MappingProxyType(
    {
        "recipient": CheckWords(
            title="Awarded to the person asked about",
            passed=(
                "Whoever asked for this check named a person, and it was awarded to that person. The report does not "
                "say who that is, so it shows nothing about whoever passes it on."
            ),
            failed="It was awarded to somebody else than the person named by whoever asked for this check.",
            unknown=(
                "It could not be settled whether all of it is about the person named by whoever asked for this check."
            ),
            skipped="Nobody was named to compare with.",
        ),
    }
)
"""The words of checks that say something else to others than to whoever asked."""

RULES: Mapping[str, str] = MappingProxyType(
    {
        "default": "The usual rules (Open Badges 3.0)",
        "vcalm": "Signature decides; dates and withdrawal are remarks (VC API)",
    }
)
"""What the policies that come with the verifier are called, by their name."""

TITLES: Mapping[str, str] = MappingProxyType(
    {problems.ISSUER_NOT_RECOGNIZED.uri: "No list used here names this issuer"}
)
"""What problems are called here whose own title speaks to a reader who runs the verifier."""

PROBLEMS: Mapping[str, ProblemWords] = MappingProxyType(
    {
        problems.PARSING_ERROR.uri: ProblemWords(
            meaning=("No readable credential was found: the file or text is damaged, incomplete, or something else."),
            next_step="Ask the person for the original file or link from the issuer, and check that one.",
        ),
        problems.CRYPTOGRAPHIC_SECURITY_ERROR.uri: ProblemWords(
            meaning=("What protects the credential does not hold: it was altered, or not signed by the one it names."),
            next_step="Do not rely on it. Ask the person, or the issuer named in it, for a genuine one.",
        ),
        problems.MALFORMED_VALUE_ERROR.uri: ProblemWords(
            meaning="Something in the credential is missing or written in a form the standard does not allow.",
            next_step="Tell the issuer; only the issuer can mend this. Show them this report.",
        ),
        problems.RANGE_ERROR.uri: ProblemWords(
            meaning="Something in it is larger, deeper or more numerous than is accepted, or contradicts itself.",
            next_step="Ask the person for the original file or link from the issuer, and check that one.",
        ),
        problems.UNKNOWN_OPTION_PROVIDED.uri: ProblemWords(
            meaning="The request asked for something this service does not know.",
            next_step="Leave that option out, or look it up in the documentation.",
        ),
        problems.OPTION_WITHOUT_EFFECT.uri: ProblemWords(
            meaning="The request asked for something that what was handed in cannot answer. All else was checked.",
            next_step="Leave that option out, or hand in the presentation that answers it.",
        ),
        problems.PROOF_GENERATION_ERROR.uri: ProblemWords(
            meaning="A signature could not be made.",
            next_step="Tell whoever runs this service; show them this report.",
        ),
        problems.PROOF_VERIFICATION_ERROR.uri: ProblemWords(
            meaning=(
                "The signature does not hold: the credential was altered, or the signature is not what it claims to be."
            ),
            next_step="Do not rely on it. Ask the person, or the issuer named in it, for a genuine one.",
        ),
        problems.PROOF_TRANSFORMATION_ERROR.uri: ProblemWords(
            meaning="The credential is built in a way from which the signed content cannot be worked out.",
            next_step="Tell the issuer; only the issuer can mend this. Show them this report.",
        ),
        problems.DATA_LOSS_DETECTION_ERROR.uri: ProblemWords(
            meaning="Part of the credential lies outside its signature, so anyone could have added or changed it.",
            next_step="Do not rely on it. If the issuer really made it like this, only the issuer can mend it.",
        ),
        problems.INVALID_DOMAIN_ERROR.uri: ProblemWords(
            meaning="The presentation was made for another website or office.",
            next_step="Ask the person to present it again, to this office.",
        ),
        problems.INVALID_CHALLENGE_ERROR.uri: ProblemWords(
            meaning="The presentation answers another request; it may be a copy of an earlier one.",
            next_step="Ask the person to present it again, now.",
        ),
        problems.INVALID_VERIFICATION_METHOD_URL.uri: ProblemWords(
            meaning="The signature does not say properly where its key is found.",
            next_step="Tell the issuer; only the issuer can mend this. Show them this report.",
        ),
        problems.INVALID_CONTROLLED_IDENTIFIER_DOCUMENT_ID.uri: ProblemWords(
            meaning="The published key page belongs to somebody else than the issuer named.",
            next_step="Do not rely on it. Ask the person, or the issuer named in it, for a genuine one.",
        ),
        problems.INVALID_CONTROLLED_IDENTIFIER_DOCUMENT.uri: ProblemWords(
            meaning="The page on which the issuer publishes its keys is broken.",
            next_step="Tell the issuer; only the issuer can mend this. Show them this report.",
        ),
        problems.INVALID_VERIFICATION_METHOD.uri: ProblemWords(
            meaning="The key that is said to have signed is not there, or cannot be used.",
            next_step="Do not rely on it. Ask the person, or the issuer named in it, for a genuine one.",
        ),
        problems.INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD.uri: ProblemWords(
            meaning="The issuer does not allow this key to sign credentials.",
            next_step="Do not rely on it. Ask the person, or the issuer named in it, for a genuine one.",
        ),
        problems.STATUS_RETRIEVAL_ERROR.uri: ProblemWords(
            meaning=(
                "The issuer's list of withdrawn credentials could not be fetched. This says neither that the "
                "credential was withdrawn nor that it was not."
            ),
            next_step="Ask the issuer whether the credential is still good, or try again later.",
        ),
        problems.STATUS_VERIFICATION_ERROR.uri: ProblemWords(
            meaning=(
                "The issuer's list of withdrawn credentials could be fetched, and cannot be trusted: it is "
                "not the issuer's, out of date, or about something else."
            ),
            next_step="Ask the issuer whether the credential is still good, or try again later.",
        ),
        problems.STATUS_LIST_LENGTH_ERROR.uri: ProblemWords(
            meaning="The issuer's list of withdrawn credentials is not made as the standard asks.",
            next_step="Tell the issuer; only the issuer can mend this. Show them this report.",
        ),
        problems.STATUS_RANGE_ERROR.uri: ProblemWords(
            meaning="The credential points to a place that the issuer's list does not have.",
            next_step="Tell the issuer; only the issuer can mend this. Show them this report.",
        ),
        problems.STATUS_MALFORMED_VALUE_ERROR.uri: ProblemWords(
            meaning="The credential's reference to the issuer's list, or the list, is malformed.",
            next_step="Tell the issuer; only the issuer can mend this. Show them this report.",
        ),
        problems.EXPIRED.uri: ProblemWords(
            meaning="Its end date had passed at the time asked about.",
            next_step=(
                "Ask the person for a renewed credential. To ask about an earlier day, enter that date under "
                "“More options”."
            ),
        ),
        problems.NOT_YET_VALID.uri: ProblemWords(
            meaning="It was not in force yet at the time asked about.",
            next_step="Check it again on or after its start date.",
        ),
        problems.REVOKED.uri: ProblemWords(
            meaning="The issuer has withdrawn it for good.",
            next_step="Do not rely on it. If the person disagrees, they should turn to the issuer.",
        ),
        problems.SUSPENDED.uri: ProblemWords(
            meaning="The issuer has withdrawn it for the time being; it may come back into force.",
            next_step="Do not rely on it for now. Ask the issuer why, or check again later.",
        ),
        problems.STATUS_MESSAGE.uri: ProblemWords(
            meaning="The issuer has published a remark about this credential; it does not make it invalid.",
            next_step="Read the remark and judge whether it matters.",
        ),
        problems.STATUS_UNKNOWN.uri: ProblemWords(
            meaning="Whether the credential was withdrawn is not known. That is neither good news nor bad.",
            next_step=(
                "Ask the issuer whether the credential is still good. Checking again later, or checking a copy of it "
                "that shows its status, may tell as well."
            ),
        ),
        problems.STATUS_OUTDATED.uri: ProblemWords(
            meaning="The list of withdrawn credentials that was used is not fresh.",
            next_step="Check again later if much depends on it.",
        ),
        problems.ISSUER_NOT_RECOGNIZED.uri: ProblemWords(
            meaning=(
                "No list of known issuers that this service uses names this issuer. Anyone can make a key and"
                " take a name."
            ),
            next_step=(
                "Make sure who the issuer is: compare the issuer's identifier with the one on its official "
                "website, or call them."
            ),
        ),
        problems.REGISTRY_UNREADABLE.uri: ProblemWords(
            meaning="A list of known issuers could not be read, so it is not known whether it names this one.",
            next_step="Try again later. If it stays this way, ask the issuer directly.",
        ),
        problems.ISSUER_KEY_MISMATCH.uri: ProblemWords(
            meaning="Somebody else signed this in the issuer's name.",
            next_step="Do not rely on it. Tell the issuer that a credential in its name is about.",
        ),
        problems.KEY_UNAVAILABLE.uri: ProblemWords(
            meaning=(
                "The issuer's key was not found where it should be published: the page did not answer, or does not "
                "have it. Nothing can be said about the signature until it does."
            ),
            next_step="Try again later. If it stays this way, ask the issuer directly.",
        ),
        problems.KEY_NOT_VALID_AT_SIGNING.uri: ProblemWords(
            meaning="The issuer's key was out of date, or not in use yet, when the credential was signed.",
            next_step="Do not rely on it. Ask the issuer for a newly signed credential.",
        ),
        problems.KEY_REVOKED.uri: ProblemWords(
            meaning=(
                "The issuer has declared the key that signed it lost or stolen. The date in the signature is "
                "no evidence that it was made before."
            ),
            next_step="Ask the issuer to confirm the credential, or to sign it anew.",
        ),
        problems.SIGNED_LATER.uri: ProblemWords(
            meaning=(
                "The credential was signed after the day asked about: the issuer says looking back that it held then."
            ),
            next_step="Decide whether the issuer's word, given afterwards, is enough.",
        ),
        problems.RECIPIENT_MISMATCH.uri: ProblemWords(
            meaning="The credential names another person than the one expected.",
            next_step=(
                "Compare the name or e-mail address that was entered. If it is right, this is not that person's "
                "credential."
            ),
        ),
        problems.UNSIGNED.uri: ProblemWords(
            meaning="The document carries no signature. Anyone could have written it.",
            next_step="Ask the person for the original file or link from the issuer, and check that one.",
        ),
        problems.LEGACY_DATA_MODEL.uri: ProblemWords(
            meaning=(
                "The credential follows an earlier edition of the standard. It was checked by the rules of "
                "that edition."
            ),
            next_step="Nothing needs to be done.",
        ),
        problems.SCHEMA_UNKNOWN.uri: ProblemWords(
            meaning="The credential names a template that is not available here, so that comparison was left out.",
            next_step="Nothing needs to be done.",
        ),
        problems.CONTEXT_UNKNOWN.uri: ProblemWords(
            meaning=(
                "The credential uses a vocabulary this service does not have, so its meaning could not be settled."
            ),
            next_step="Ask whoever runs this service to add that vocabulary, if it is one they trust.",
        ),
        problems.CONTEXT_PREVIOUS.uri: ProblemWords(
            meaning="The signature was made with an earlier edition of a published vocabulary. It is good.",
            next_step="Nothing needs to be done.",
        ),
        problems.REFRESH_AVAILABLE.uri: ProblemWords(
            meaning="The issuer may hold a newer copy of this credential; the copy handed in was judged.",
            next_step="If much depends on it, ask the person for the newest copy.",
        ),
        problems.REFRESH_REFUSED.uri: ProblemWords(
            meaning=(
                "What the issuer's service offered as a newer copy could not be accepted; the copy handed in"
                " was judged."
            ),
            next_step="If much depends on it, ask the person for the newest copy.",
        ),
        problems.REFRESH_ROLLBACK.uri: ProblemWords(
            meaning="The issuer's service offered an older copy than the one handed in, which was judged.",
            next_step="Nothing needs to be done.",
        ),
        problems.REFRESH_UNDATED.uri: ProblemWords(
            meaning=(
                "Its issuer offers another copy of this credential, and nothing says whether that or the one handed"
                " in is newer."
                " Whether it was withdrawn was looked up for both."
            ),
            next_step="If much depends on it, ask the issuer which copy counts.",
        ),
        problems.REFRESH_CHANGED.uri: ProblemWords(
            meaning=("The issuer has a newer copy of this credential that says other things than the one handed in."),
            next_step="Ask the person for the newer copy.",
        ),
        problems.DOCUMENT_OUTDATED.uri: ProblemWords(
            meaning="The issuer's site did not answer, so an older copy of one of its documents was used.",
            next_step="Check again later if much depends on it.",
        ),
        problems.ISSUER_PAGE_UNAVAILABLE.uri: ProblemWords(
            meaning="The issuer's website did not answer. That says nothing about the credential.",
            next_step="Nothing needs to be done.",
        ),
        problems.LEGACY_BADGE.uri: ProblemWords(
            meaning=(
                "This is a badge of the older kind. It is not sealed like today's credentials; it rests on "
                "its issuer's website or an older form of signature."
            ),
            next_step="If much depends on it, ask the issuer for a credential of today's kind.",
        ),
        problems.NOTHING_REQUIRED.uri: ProblemWords(
            meaning="The rules chosen ask for nothing, so nothing can be valid by them.",
            next_step="Tell whoever runs this service; show them this report.",
        ),
        problems.PRIVATE_KEY_EXPOSED.uri: ProblemWords(
            meaning="The secret key that signs has been published by mistake. Anyone may have used it.",
            next_step="Do not rely on it. Warn the issuer at once.",
        ),
        problems.KEY_CUSTODY_ERROR.uri: ProblemWords(
            meaning="A key of this service could not be used.",
            next_step="Tell whoever runs this service; show them this report.",
        ),
        problems.UNSUPPORTED.uri: ProblemWords(
            meaning="It is of a kind that is known but cannot be checked here.",
            next_step=(
                "Ask the person for the credential in another form: a link, a PDF, a picture or a file from the issuer."
            ),
        ),
        problems.INTERNAL_ERROR.uri: ProblemWords(
            meaning="A fault in this software stopped the check. It is not the credential's fault.",
            next_step="Tell whoever runs this service; show them this report.",
        ),
        problems.INVALID_REQUEST.uri: ProblemWords(
            meaning="Part of what you asked is missing or written in another way than expected.",
            next_step="Go back, correct it and try again.",
        ),
        problems.REQUEST_REFUSED.uri: ProblemWords(
            meaning="The request came from another website, which is not allowed.",
            next_step="Open this page yourself and try again.",
        ),
        problems.NOT_FOUND.uri: ProblemWords(
            meaning="The link is wrong, or what it led to has been deleted because its time was over.",
            next_step="Check the credential again, or ask for a new link.",
        ),
        problems.METHOD_NOT_ALLOWED.uri: ProblemWords(
            meaning="The address exists and is used in another way.",
            next_step="Start again from the first page.",
        ),
        problems.REQUEST_TIMEOUT.uri: ProblemWords(
            meaning="What you sent did not arrive in time.",
            next_step="Try again, perhaps with a better connection.",
        ),
        problems.REQUEST_TOO_LARGE.uri: ProblemWords(
            meaning="What you sent is larger than is read here.",
            next_step="Send fewer or smaller files at a time.",
        ),
        problems.UNSUPPORTED_MEDIA_TYPE.uri: ProblemWords(
            meaning="What you sent is in a form that is not read here.",
            next_step="Start again from the first page.",
        ),
        problems.TOO_MANY_REQUESTS.uri: ProblemWords(
            meaning="More was asked from your network than is answered in this time.",
            next_step="Wait a minute and try again.",
        ),
        problems.STORE_FULL.uri: ProblemWords(
            meaning="The service has no room to keep this.",
            next_step="Hand in fewer at a time, or try again in a few minutes.",
        ),
        problems.SERVICE_UNAVAILABLE.uri: ProblemWords(
            meaning="The service is too busy or under repair.",
            next_step="Try again in a few minutes.",
        ),
        problems.ADDRESS_UNAVAILABLE.uri: ProblemWords(
            meaning=(
                "The link could not be opened, so there was no credential to look at. This says nothing about"
                " the credential."
            ),
            next_step="Check the link for typing mistakes, try again later, or ask for the file itself.",
        ),
        problems.READER_UNAVAILABLE.uri: ProblemWords(
            meaning="This service was too busy to look into the file. This says nothing about the credential.",
            next_step="Hand it in again in a minute, or in another form.",
        ),
        problems.BADGE_UNAVAILABLE.uri: ProblemWords(
            meaning=(
                "A page on the issuer's site that this older badge rests on did not answer or could not be "
                "read. The badge is neither shown to be genuine nor false."
            ),
            next_step="Try again later. If it stays this way, ask the issuer directly.",
        ),
        problems.BADGE_DIFFERS.uri: ProblemWords(
            meaning="What the issuer publishes for this older badge is not what was handed in.",
            next_step="Rely on what the issuer publishes, or ask the issuer.",
        ),
        problems.BADGE_OUT_OF_SCOPE.uri: ProblemWords(
            meaning=(
                "This older badge stands on a site where the issuer it names keeps no badges, so that issuer "
                "does not vouch for it."
            ),
            next_step="Do not rely on it. Ask the person, or the issuer named in it, for a genuine one.",
        ),
        problems.SIGN_IN_REQUIRED.uri: ProblemWords(
            meaning="This page is for people who are signed in.",
            next_step="Sign in and try again.",
        ),
        problems.NOT_ALLOWED.uri: ProblemWords(
            meaning="Your roles here do not include this.",
            next_step="Ask an administrator of the organization, if you need it for your work.",
        ),
        problems.CONFLICT.uri: ProblemWords(
            meaning="Somebody else changed this in between, or it is past the point where this can be done. "
            "Nothing was changed.",
            next_step="Look at it as it is now, and decide again.",
        ),
        problems.GONE.uri: ProblemWords(
            meaning="What was here has been erased and will not come back.",
            next_step="Ask whoever gave you the link.",
        ),
        problems.CREDENTIAL_NOT_VERIFIED.uri: ProblemWords(
            meaning="A decision needs genuine credentials; one that was handed in is not shown to be genuine.",
            next_step="Look at its report. Without it the rest can be decided.",
        ),
        problems.POLICY_REFUSED.uri: ProblemWords(
            meaning="The policy leaves open what is to be decided, or contradicts itself.",
            next_step="Whoever writes the policy corrects the places that are named.",
        ),
        problems.BATCH_UNFINISHED.uri: ProblemWords(
            meaning="The batch is still being worked on.",
            next_step="Ask again in a while.",
        ),
    }
)
"""What each problem type means for a reader and what to do next, by its URI."""

_SIGNATURE = DoubtWords(
    title="Its signature leaves this open",
    meaning=(
        "Something about its signature does not settle this: it shows neither that the credential is good nor that "
        "it is not."
    ),
    next_step="Try again later. If it stays this way, ask the issuer directly.",
)
_KEY = DoubtWords(
    title="The key leaves this open",
    meaning="The key of its signature could not be found or read, so it is not known whose it is.",
    next_step="Try again later. If it stays this way, ask the issuer directly.",
)
_CONTENT = DoubtWords(
    title="Its content was not worked out",
    meaning="What exactly was signed could not be worked out here.",
    next_step="Ask the issuer whether the credential is still good, or try again later.",
)

DOUBTS: Mapping[str, DoubtWords] = MappingProxyType(
    {
        problems.PARSING_ERROR.uri: DoubtWords(
            title="It could not be read far enough",
            meaning="It could not be read far enough to settle this.",
            next_step="Ask the person for the original file or link from the issuer, and check that one.",
        ),
        problems.MALFORMED_VALUE_ERROR.uri: DoubtWords(
            title="Something in it is not clear enough",
            meaning="Something in it is missing, or not said exactly enough to settle this.",
            next_step="Ask the issuer what is meant. Show them this report.",
        ),
        problems.RANGE_ERROR.uri: DoubtWords(
            title="Too much to be checked here",
            meaning="Checking this would have taken more than is done here, so it was left open.",
            next_step="Ask the person for the original file or link from the issuer, and check that one.",
        ),
        problems.CRYPTOGRAPHIC_SECURITY_ERROR.uri: _SIGNATURE,
        problems.PROOF_VERIFICATION_ERROR.uri: _SIGNATURE,
        problems.INVALID_DOMAIN_ERROR.uri: _SIGNATURE,
        problems.INVALID_CHALLENGE_ERROR.uri: _SIGNATURE,
        problems.PROOF_TRANSFORMATION_ERROR.uri: _CONTENT,
        problems.DATA_LOSS_DETECTION_ERROR.uri: _CONTENT,
        problems.INVALID_VERIFICATION_METHOD_URL.uri: _KEY,
        problems.INVALID_CONTROLLED_IDENTIFIER_DOCUMENT_ID.uri: _KEY,
        problems.INVALID_CONTROLLED_IDENTIFIER_DOCUMENT.uri: _KEY,
        problems.INVALID_VERIFICATION_METHOD.uri: _KEY,
        problems.INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD.uri: _KEY,
        problems.STATUS_VERIFICATION_ERROR.uri: DoubtWords(
            title="The issuer's list does not settle it",
            meaning=(
                "The issuer's list of withdrawn credentials could be fetched, and does not settle this: it cannot be "
                "trusted, or says nothing of the time asked about. This says neither that the credential was "
                "withdrawn nor that it was not."
            ),
            next_step="Ask the issuer whether the credential is still good, or try again later.",
        ),
        problems.ISSUER_KEY_MISMATCH.uri: _KEY,
        problems.PRIVATE_KEY_EXPOSED.uri: _KEY,
        problems.KEY_NOT_VALID_AT_SIGNING.uri: DoubtWords(
            title="When it was signed is not known",
            meaning=(
                "The issuer's key is out of date by now, and nothing shows whether it was when the credential was "
                "signed."
            ),
            next_step="Ask the issuer to confirm the credential, or to sign it anew.",
        ),
        problems.ISSUER_NOT_RECOGNIZED.uri: DoubtWords(
            title="The issuer is on no list that could be read",
            meaning="No list of known issuers that could be read names this issuer, and not all of them could be.",
            next_step="Try again later. If it stays this way, ask the issuer directly.",
        ),
        problems.RECIPIENT_MISMATCH.uri: DoubtWords(
            title="Whose it is could not be settled",
            meaning="It could not be told whether all of it is about the person in question.",
            next_step="Ask the person for something that shows that it is theirs, or ask the issuer.",
        ),
        problems.UNSIGNED.uri: DoubtWords(
            title="No signature of its own",
            meaning="It has no signature of its own, and that of the document around it could not be checked.",
            next_step="Ask the person for the original file or link from the issuer, and check that one.",
        ),
        problems.BADGE_DIFFERS.uri: DoubtWords(
            title="Not matched with what the issuer publishes",
            meaning=(
                "What the issuer publishes could not be matched with this older badge. That may be a mere change on "
                "the issuer's site."
            ),
            next_step="Rely on what the issuer publishes, or ask the issuer.",
        ),
        problems.BADGE_OUT_OF_SCOPE.uri: DoubtWords(
            title="Where the issuer keeps its badges is not known",
            meaning=(
                "This older badge stands on a site where others may publish too, so that it stands there does not "
                "show that its issuer put it there."
            ),
            next_step="Try again later. If it stays this way, ask the issuer directly.",
        ),
    }
)
"""The problem types whose words in `PROBLEMS` say that something is wrong, for where nothing was found to be."""
