"""The answer against a regular expression: one of the bank's, whose group is compared, or the question's own targets.

Patterns are hostile. RE2 matches in time linear in the text and keeps to 8 MB, for the price of look-around and
back-references, and with the bounds below the worst pattern known takes a second; a clock would make a verdict depend
on how busy the machine was. The same search by backtracking takes hours, or all memory (`a{4000000000}`).
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

from evalpipe.core.extract import extract
from evalpipe.core.extract.reasoning import without_reasoning
from evalpipe.core.extract.text import normal
from evalpipe.core.questions import Question
from evalpipe.core.quoting import one_line
from evalpipe.core.scores import Score
from evalpipe.scorers.scorer import Comparison

MAX_PATTERN = 500  # characters; what a pattern may cost grows with its length
MAX_TEXT = 10_000  # characters from the end of an answer; the last match is wanted, and 100,000 take up to 14 s
_SHOWN = 80


@dataclass(frozen=True, slots=True)
class RegexOptions:
    """`pattern`: its first group (without groups, all of it), at its last match, is compared with the targets in
    normal form. Without it, each target is a pattern that must match the whole extracted text.
    """

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}
    pattern: str | None = None

    def __post_init__(self) -> None:
        if self.pattern is not None:
            compiled(self.pattern)


def regex(options: RegexOptions) -> Comparison:
    if options.pattern is None:
        return Comparison(_matches_a_target, _target_key)
    pattern = compiled(options.pattern)
    return Comparison(
        lambda question, answer: _group(pattern, question, answer), lambda question, answer: normal(answer)
    )


@lru_cache(maxsize=4096)
def compiled(pattern: str) -> Any:  # noqa: ANN401  re2 has no types
    """Raises: ValueError: a sentence that says what is wrong with the pattern."""
    import re2  # pyright: ignore[reportMissingTypeStubs]  in this function: most banks have no patterns

    if len(pattern) > MAX_PATTERN:
        raise ValueError(f"the pattern has {len(pattern):,} characters; {MAX_PATTERN} are allowed")
    engine: Any = re2
    options = engine.Options()
    options.log_errors = False
    try:
        return engine.compile(_encodable(pattern), options)
    except engine.error as error:
        said: object = error.args[0] if error.args else ""
        said = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
        raise ValueError(
            f"the pattern {one_line(repr(pattern), _SHOWN)} cannot be used: {one_line(said, _SHOWN)}. It is written "
            "as RE2 has it: without look-around and back-references, and repeats of at most 1000"
        ) from None


def _group(pattern: Any, question: Question, answer: str) -> Score:  # noqa: ANN401
    """1.0 if what the pattern's last match found is a target in normal form; None where it matches nowhere."""
    readable = without_reasoning(answer)
    if readable is None:
        return Score(None, None, None, "the reasoning never ends")
    found: str | None = None
    for hit in pattern.finditer(_encodable(readable[-MAX_TEXT:])):
        text = hit.group(1 if pattern.groups else 0)
        found = found if text is None else text
    if found is None:
        return Score(None, None, None, "the pattern matches nowhere")
    right = normal(found) in {normal(target) for target in question.targets}
    return Score(float(right), found, "pattern", "is a target" if right else "another text")


def _matches_a_target(question: Question, answer: str) -> Score:
    """1.0 if a target, as a pattern, matches the whole extracted text; case counts unless the pattern says `(?i)`."""
    found = extract("text", answer)
    if found.value is None:
        return Score(None, None, found.rule, found.reason)
    if len(found.value) > MAX_TEXT:
        return Score(None, None, found.rule, f"the text has more than {MAX_TEXT:,} characters")
    faults: list[str] = []
    for target in question.targets:
        try:
            if compiled(target).fullmatch(_encodable(found.value)):
                return Score(1.0, found.value, found.rule, "matches a target")
        except ValueError as error:
            faults.append(str(error))
    if faults:  # whether it would have matched, nobody knows
        return Score(None, None, found.rule, faults[0])
    return Score(0.0, found.value, found.rule, "matches no target")


def _target_key(question: Question, answer: str) -> str:
    """The target itself, of a target and of all that it matches; any other text as it stands."""
    if answer in question.targets or len(answer) > MAX_TEXT:
        return answer
    for target in question.targets:
        try:
            if compiled(target).fullmatch(_encodable(answer)):
                return target
        except ValueError:
            continue
    return answer


def _encodable(text: str) -> str:
    """Half a surrogate pair has no UTF-8, which RE2 reads."""
    return text.encode("utf-8", "replace").decode("utf-8")
