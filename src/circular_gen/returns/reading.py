"""What a returned form says: certain, or for a person to look at, and why. Pure.

In: a form's pages with the ink that was found on them. Out: a `Reading`: the answers, and the problems in the order in
which a person would name them. A page is as good as its worst box, a form as its worst page. The machine never guesses.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from circular_gen.returns.forms import Form
from circular_gen.returns.signed import Signature

SEVERAL = {"state": "complete"}
"""Questions that may have several answers, and the answer that excludes the others."""
MOST_DETAIL = 8


class Problem(NamedTuple):
    """Why a person must look. `reason`: a word; `about`: boxes, areas or pages."""

    reason: str
    about: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FormPage:
    """A page of a form as it came back. `number`: its place in the form, from 1; `sha256`, `file`, `page`: where it is
    kept, what the file was called, its place in it; `text`: of its symbol; `ink`: what the worker read; `signatures`:
    electronic ones of the file: then hand and seal are not looked for."""

    number: int
    sha256: str
    file: str
    page: int
    text: str
    ink: Mapping[str, Any]
    signatures: tuple[Signature, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """A form. `answers`: question → answer, or a list of answers; `signature`: area → state."""

    pages: tuple[FormPage, ...]
    answers: Mapping[str, Any]
    signature: Mapping[str, str]
    seal: Mapping[str, str]
    problems: tuple[Problem, ...]

    @property
    def certain(self) -> bool:
        return not self.problems


def read_form(form: Form, pages: Sequence[FormPage], *, all_answered: bool) -> Reading:
    """Put a form's pages together. `all_answered`: every question of the form wants an answer."""
    pages = tuple(sorted(pages, key=lambda page: page.number))
    boxes = {name: state for page in pages for name, (state, _share) in page.ink.get("boxes", {}).items()}
    by_hand = [page for page in pages if not page.signatures]
    signature = {name: state for page in by_hand for name, (state, _area) in page.ink.get("signature", {}).items()}
    seal = {name: state for page in by_hand for name, (state, _area) in page.ink.get("seal", {}).items()}
    fields = {name for page in form.pages for name in page["fields"]}
    answers, doubts = _answers(boxes, fields, all_answered)
    asked = [name for page in form.pages for name in (*page["signature"], *page["seal"])]
    problems = [
        *_bad_pages(pages),
        *_missing(form, pages),
        *([] if asked else [Problem("nothing-to-sign")]),
        *_areas(signature, {"none": "unsigned", "unclear": "signature-unclear", "grey": "grey"}),
        *_areas(seal, {"none": "seal-missing", "unclear": "seal-unclear", "grey": "grey"}),
        *doubts,
    ]
    return Reading(pages, answers, signature, seal, tuple(problems))


def _bad_pages(pages: Iterable[FormPage]) -> Iterator[Problem]:
    words = {"marks": "marks-missing", "aside": "code-aside"}
    for page in pages:
        if problem := page.ink.get("problem"):
            yield Problem(words[problem], (str(page.number),))


def _missing(form: Form, pages: Iterable[FormPage]) -> Iterator[Problem]:
    there = {page.number for page in pages}
    if missing := [str(number) for number in range(1, len(form.pages) + 1) if number not in there]:
        yield Problem("page-missing", tuple(missing))


def _areas(areas: Mapping[str, str], reasons: Mapping[str, str]) -> Iterator[Problem]:
    for state, reason in reasons.items():
        if found := tuple(name for name, seen in areas.items() if seen == state):
            yield Problem(reason, found)


def _answers(
    boxes: Mapping[str, str], fields: set[str], all_answered: bool
) -> tuple[dict[str, Any], Iterator[Problem]]:
    questions: dict[str, dict[str, str]] = {}
    for name, state in boxes.items():
        question, _dot, answer = name.rpartition(".")
        questions.setdefault(question, {})[answer] = state
    answers: dict[str, Any] = {}
    found: dict[str, list[str]] = {"blurred": [], "crossed-out": [], "tick-unclear": [], "conflict": [], "open": []}
    for question, states in questions.items():
        for state, reason in (("blurred", "blurred"), ("crossed", "crossed-out"), ("unclear", "tick-unclear")):
            found[reason] += [f"{question}.{answer}" for answer, seen in states.items() if seen == state]
        ticked = [answer for answer, seen in states.items() if seen == "ticked"]
        alone = SEVERAL.get(question)
        if len(ticked) > 1 and (alone is None or alone in ticked):
            found["conflict"].append(question)
        elif alone is not None and ticked:
            answers[question] = ticked
        elif ticked:
            answers[question] = ticked[0]
        elif all_answered and f"{question}.requirement" not in fields and set(states.values()) == {"empty"}:
            found["open"].append(question)  # lines for the unit's own requirements may stay empty
    words = {"conflict": "conflicting-ticks", "open": "unanswered"}
    problems = (Problem(words.get(word, word), tuple(about)) for word, about in found.items() if about)
    return answers, problems


def reservation(answers: Mapping[str, Any]) -> list[str]:
    """What a unit says is wrong with what it received, as the ledger's words."""
    state = answers.get("state", [])
    return [answer.replace("_", "-") for answer in state if answer != SEVERAL["state"]]


def faults(page: FormPage) -> int:
    """How much of a page is not as it should be: of two copies of a page, the better one counts."""
    ink = page.ink
    if "problem" in ink:
        return 1000
    areas = [state for name in ("signature", "seal") for state, _area in ink[name].values() if not page.signatures]
    boxes = [state for state, _share in ink["boxes"].values()]
    return 10 * sum(state not in ("ink", "red") for state in areas) + sum(
        state not in ("empty", "ticked") for state in boxes
    )
