"""What the sample programs offer: micro-credentials of three kinds of program, and stacks of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from badgeport.issuer import samples
from badgeport.issuer.catalog.definition import DefinitionBody, Slot

MASTERS = "masters-equivalent credit hours"
IN_DISTRICT = "in-district credit"
LEVELS = ("Not yet", "Developing", "Proficient", "Exemplary")

_FIVE = (
    ("notice", "Notice", "Record one lesson and sort every question asked by what it asks students to do."),
    ("plan", "Plan", "Write a questioning plan for one unit with two colleagues."),
    ("try", "Try", "Teach two lessons from the plan and collect student responses."),
    ("look", "Look together", "Study the responses with a colleague and decide on next steps."),
    ("show", "Show", "Teach a demonstration lesson on video."),
)


def of_stack_member(name: str) -> DefinitionBody:
    """A micro-credential of the cooperative's micro-endorsement: five steps and a portfolio."""
    award = samples.load(name)
    return _from_achievement(
        award,
        goal="Show with lessons and student work of your own that your students can do this.",
        method="A coach meets with you twice. You may hand in your portfolio as often as you need.",
        evidence=[
            {"key": "plans", "title": "Two lesson plans", "description": "From one unit.", "minimum": 1},
            {"key": "work", "title": "Student work", "description": "From both lessons, names removed.", "minimum": 1},
        ],
        reflectionPrompt="What did students do that they could not do before, and what will you change next time?",
        credit={"amount": award["credits"], "unit": MASTERS},
        validity={"months": 60, "renewal": "Hand in one lesson of the last year and what you changed in it."},
        dueDays=120,
    )


def micro_endorsement(members: Sequence[str]) -> DefinitionBody:
    """The cooperative's stack: all of its micro-credentials (ids)."""
    return _from_achievement(
        samples.load(samples.STACK_ENDORSEMENT),
        requirements=None,
        credit={"amount": 3, "unit": MASTERS},
        stack={"slots": [{"name": "All three micro-credentials", "need": len(members), "of": list(members)}]},
    )


def in_district() -> DefinitionBody:
    """The district's own: five experiences of at most two hours, a second assessor, credit on its salary schedule."""
    award = samples.load(samples.IN_DISTRICT)
    return _from_achievement(
        award,
        goal="Ask questions that make every student think, and listen to what they answer.",
        pathway=[{"key": key, "title": title, "description": said, "hours": 2} for key, title, said in _FIVE],
        pathwayMinimum=10,
        evidence=[
            {"key": "log", "title": "Question log", "minimum": 1},
            {"key": "responses", "title": "Student responses", "description": "Names removed.", "minimum": 1},
            {"key": "lesson", "title": "Demonstration lesson", "description": "A file, or a link to it.", "minimum": 0},
        ],
        reflectionPrompt="How do you use this in your own classroom?",
        credit={"amount": 1, "unit": IN_DISTRICT},
        secondAssessor=True,
        dueDays=180,
    )


def of_partnership(key: str) -> DefinitionBody:
    """A micro-credential that several states agreed on: aligned to their standards, worth what each of them says."""
    name, code, can, criteria = _PARTNERSHIP[key]
    return DefinitionBody.model_validate(
        {
            "name": name,
            "competency": can,
            "goal": can,
            "requirements": (
                "Hand in a portfolio from your own practice: two pieces of work that show the competency, and a "
                "reflection. Every criterion must be Proficient. An assessor of another state scores it."
            ),
            "rubric": {"criteria": [_criterion(*each) for each in criteria]},
            "evidence": [{"key": "work", "title": "Work from your own practice", "minimum": 1}],
            "reflectionPrompt": "Whom did this help, and how do you know?",
            "alignments": [
                {
                    "targetName": can,
                    "targetUrl": f"https://standards.partnership.example/educators/2025/{key}",
                    "targetCode": code,
                    "targetFramework": "Partnership Standards for Educator Micro-credentials 2025",
                    "targetType": "CFItem",
                }
            ],
            "credit": {"amount": 10, "unit": "clock hours"},
            "contactHours": 10,
            "validity": {"months": 60},
            "tags": ["partnership of states", "computer science" if code.startswith("CS") else "teacher leadership"],
        }
    )


def flexible_pathway(first: str, choice: Sequence[str]) -> DefinitionBody:
    """The partnership's stack: one micro-credential that all need, and any two of three others."""
    return DefinitionBody.model_validate(
        {
            "name": "Computer Science for Every Classroom",
            "competency": "The teacher brings computer science into the subjects they teach.",
            "goal": "A credential in computer science by flexible pathways.",
            "achievementType": "Certification",
            "credit": {"amount": 30, "unit": "clock hours"},
            "tags": ["partnership of states", "computer science"],
            "stack": {
                "slots": [
                    Slot(name="The common part", need=1, of=(first,)).model_dump(by_alias=True),
                    Slot(name="Two of your choice", need=2, of=tuple(choice)).model_dump(by_alias=True),
                ]
            },
        }
    )


_PARTNERSHIP: dict[str, tuple[str, str, str, tuple[tuple[str, str, str], ...]]] = {
    "algorithms": (
        "Algorithms without a Computer",
        "CS-1",
        "The teacher has students write, test and improve step-by-step instructions.",
        (
            ("steps", "Instructions students write", "Students write instructions that others can follow."),
            ("testing", "Testing and improving", "Students test instructions and improve what went wrong."),
        ),
    ),
    "data": (
        "Asking Questions of Data",
        "CS-2",
        "The teacher has students collect data of their own and answer a question with it.",
        (
            ("question", "A question worth asking", "The question is the students' own and data can answer it."),
            ("answer", "An answer from data", "Students say what the data shows and what it cannot show."),
        ),
    ),
    "impacts": (
        "Computing and Our Community",
        "CS-3",
        "The teacher has students judge what a computing system does to people around them.",
        (
            ("people", "Whom it concerns", "Students name who gains, who loses, and how they found out."),
            ("voice", "What can be done", "Students propose a change and tell somebody who can make it."),
        ),
    ),
    "inclusion": (
        "Everybody Codes",
        "CS-4",
        "The teacher plans computing lessons in which every student takes part.",
        (("access", "Ways in for everyone", "Each student has a way to take part, and the plan says which."),),
    ),
    "mentoring": (
        "Mentoring a New Colleague",
        "TL-1",
        "The teacher helps a colleague in their first years to improve one thing in their teaching.",
        (
            ("listening", "Listening", "The mentor's questions let the colleague choose what to work on."),
            ("change", "A change in teaching", "Two lessons show what the colleague changed."),
        ),
    ),
}
PARTNERSHIP = tuple(_PARTNERSHIP)


def _from_achievement(award: dict[str, Any], **members: Any) -> DefinitionBody:
    """A definition from the achievement of a sample award, with more members or other ones (None: without it)."""
    achievement = award["achievement"]
    body: dict[str, Any] = {
        "name": achievement["name"],
        "competency": achievement["description"],
        "requirements": achievement["criteria"]["narrative"],
        "rubric": achievement.get("rubric"),
        "alignments": achievement.get("alignments", []),
        "tags": achievement.get("tags", []),
        "contactHours": award.get("contactHours"),
        "gradeBand": award.get("gradeBand", ""),
        "achievementType": achievement.get("achievementType", "MicroCredential"),
    }
    return DefinitionBody.model_validate({name: each for name, each in (body | members).items() if each is not None})


def _criterion(key: str, name: str, proficient: str) -> dict[str, Any]:
    said = ("There is no sign of it yet.", "It is there in part.", proficient, f"{proficient} Others learn from it.")
    levels = [
        {"name": level, "points": points, "description": text}
        for points, (level, text) in enumerate(zip(LEVELS, said, strict=True), start=1)
    ]
    return {"id": key, "name": name, "levels": levels, "requiredLevel": "Proficient"}
