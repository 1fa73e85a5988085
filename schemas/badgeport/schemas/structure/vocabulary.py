"""The closed vocabularies, text forms and context addresses of the Open Badges 3.0 data model (OB 3.0 Appendix B).

Plain data, shared by the structure checks and the Pydantic models so that neither states a term twice.
"""

from __future__ import annotations

import re

ACHIEVEMENT_TYPES = (
    "Achievement",
    "ApprenticeshipCertificate",
    "Assessment",
    "Assignment",
    "AssociateDegree",
    "Award",
    "Badge",
    "BachelorDegree",
    "Certificate",
    "CertificateOfCompletion",
    "Certification",
    "CommunityService",
    "Competency",
    "Course",
    "CoCurricular",
    "Degree",
    "Diploma",
    "DoctoralDegree",
    "Fieldwork",
    "GeneralEducationDevelopment",
    "JourneymanCertificate",
    "LearningProgram",
    "License",
    "Membership",
    "ProfessionalDoctorate",
    "QualityAssuranceCredential",
    "MasterCertificate",
    "MasterDegree",
    "MicroCredential",
    "ResearchDoctorate",
    "SecondarySchoolDiploma",
)
ALIGNMENT_TARGET_TYPES = (
    "ceasn:Competency",
    "ceterms:Credential",
    "CFItem",
    "CFRubric",
    "CFRubricCriterion",
    "CFRubricCriterionLevel",
    "CTDL",
)
IDENTIFIER_TYPES = (
    "name",
    "sourcedId",
    "systemId",
    "productId",
    "userName",
    "accountId",
    "emailAddress",
    "nationalIdentityNumber",
    "isbn",
    "issn",
    "lisSourcedId",
    "oneRosterSourcedId",
    "sisSourcedId",
    "ltiContextId",
    "ltiDeploymentId",
    "ltiToolId",
    "ltiPlatformId",
    "ltiUserId",
    "identifier",
)
RESULT_TYPES = (
    "GradePointAverage",
    "LetterGrade",
    "Percent",
    "PerformanceLevel",
    "PredictedScore",
    "RawScore",
    "Result",
    "RubricCriterion",
    "RubricCriterionLevel",
    "RubricScore",
    "ScaledScore",
    "Status",
)
RESULT_STATUS_TYPES = ("Completed", "Enrolled", "Failed", "InProgress", "OnHold", "Provisional", "Withdrew")

# Extensible vocabularies take terms of one's own in this form.
EXTENSION_TERM = r"ext:[A-Za-z0-9._|-]+"
LANGUAGE_CODE = r"[a-z]{2,4}(?:-[A-Z][a-z]{3})?(?:-(?:[A-Z]{2}|[0-9]{3}))?"
LANGUAGE_MAP_KEY = r"[a-z]{2}(?:-[A-Z]{2})?"
COMPACT_JWS = r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]+"
IDENTITY_HASH = r"md5\$[0-9A-Fa-f]{32}|sha256\$[0-9A-Fa-f]{64}"
# RFC 3986 with the wider repertoire of RFC 3987: a scheme, then nothing that no URI may hold; http needs a host.
ABSOLUTE_URI = (
    r"(?!(?:[hH][tT][tT][pP][sS]?):(?!//[^/?#]))[A-Za-z][A-Za-z0-9+.-]*:"
    r"[^\x00-\x20\x7f-\xa0<>\"{}|\\^`\u2028\u2029\ud800-\udfff]+"
)

CREDENTIALS_V1 = "https://www.w3.org/2018/credentials/v1"
CREDENTIALS_V2 = "https://www.w3.org/ns/credentials/v2"
OB_CONTEXT = r"https://purl\.imsglobal\.org/spec/ob/v3p0/context(?:-3\.[0-9]\.[0-9])*\.json"
CLR_CONTEXT = r"https://purl\.imsglobal\.org/spec/clr/v2p0/context(?:-2\.[0-9]\.[0-9])*\.json"

is_extension_term = re.compile(EXTENSION_TERM).fullmatch
is_language_code = re.compile(LANGUAGE_CODE).fullmatch
is_language_map_key = re.compile(LANGUAGE_MAP_KEY).fullmatch
is_compact_jws = re.compile(COMPACT_JWS).fullmatch
is_identity_hash = re.compile(IDENTITY_HASH).fullmatch
is_absolute_uri = re.compile(ABSOLUTE_URI).fullmatch
is_ob_context = re.compile(OB_CONTEXT).fullmatch
is_clr_context = re.compile(CLR_CONTEXT).fullmatch
