"""A model as judge of an answer. What it said is asked and stored by the line; here is what it is asked for."""

from dataclasses import dataclass
from typing import ClassVar

from evalpipe.core.extract.reasoning import without_reasoning
from evalpipe.core.extract.text import normal
from evalpipe.core.questions import Question
from evalpipe.core.scores import Score


@dataclass(frozen=True, slots=True)
class JudgeOptions:
    """`model`: who judges, a name in [models]. `rubric`: how, in your words. `template`: a Jinja2 file in the place of
    the built-in prompt. `labelled`: a JSONL or CSV file of answers with people's verdicts, to compare the judge with.
    Files start at the folder of evalpipe.toml.
    """

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}
    model: str = ""
    rubric: str = ""
    template: str = ""
    labelled: str = ""


def judge(question: Question, answer: str) -> Score:
    """Null: nothing in the answer alone decides. The line puts the judge's verdict in the place of this."""
    text = without_reasoning(answer)
    if text is None:
        return Score(None, None, None, "the reasoning never ends")
    return Score(None, None, None, "a judge's verdict decides" if text.strip() else "the answer is empty")


def judge_key(question: Question, answer: str) -> str:
    """The text in normal form: equal keys mean equal. What else a judge would hold equal is not known before."""
    return normal(answer)
