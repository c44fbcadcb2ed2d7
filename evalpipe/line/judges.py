"""The judges of a bank, ready to be asked: a model, a prompt, and what was compared with people."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import polars as pl

from evalpipe.answering.backends import make_backend
from evalpipe.answering.judging import JudgePrompt, load_judge_prompt
from evalpipe.answering.prompts import Renderer, compiled
from evalpipe.answering.quoted_answer import quoted_answer
from evalpipe.answering.requests import Request
from evalpipe.core.extract.reasoning import without_reasoning
from evalpipe.core.questions import KINDS, Question
from evalpipe.line.judge_versions import JUDGE, judge_key, judge_options, judge_place, judge_version
from evalpipe.line.models import ReadyModel, scorer_for
from evalpipe.line.project import Project
from evalpipe.scorers import Scorer
from evalpipe.scorers.judge import JudgeOptions
from evalpipe.store.lake import Lake

# The judge's message is made here, whole: as a template it is only passed on.
_PASSED_ON = "{{ question }}"


@dataclass(frozen=True, slots=True)
class Judge:
    """Who judges the answers to questions of one kind of a bank. `ready.model_version` is the judge's version."""

    bank: str
    kind: str
    options: JudgeOptions
    scorer: Scorer
    ready: ReadyModel
    prompt: JudgePrompt

    def request(self, question: Question, answer: str, question_id: str) -> tuple[Request, str]:
        """What is sent for this answer, and the nonce that its verdict must carry."""
        quoted = quoted_answer(question, answer)
        asked = Question(question_id, self.prompt.message(quoted), "text", ())
        return self.ready.maker().request(asked), quoted.nonce

    def message(self, question: Question, answer: str) -> str:
        return self.prompt.message(quoted_answer(question, answer))


def judges_of(project: Project, bank: str) -> dict[str, Judge]:
    """The judges of a bank by kind of question; empty: it has none.

    Raises: ConfigError: a template does not fit, or the judge's own configuration.
    """
    config = project.config
    found: dict[str, Judge] = {}
    for kind in KINDS:
        scorer = scorer_for(config, bank, kind)
        if scorer.name != JUDGE:
            continue
        options, where = judge_options(scorer), judge_place(bank, kind)
        key = judge_key(options)
        prompt = load_judge_prompt(where, options, config.path.parent)
        templates = dict.fromkeys(KINDS, compiled(_PASSED_ON))
        renderer = Renderer(JUDGE, prompt.version, None, templates, (), 0, 0)  # pyright: ignore[reportArgumentType]
        backend = make_backend(config.models[key], config.path.parent)
        version = judge_version(config, bank, kind, options)
        found[kind] = Judge(bank, kind, options, scorer, ReadyModel(key, backend, renderer, version, 1), prompt)
    return found


def readable(answer: str) -> str | None:
    """What of an answer is judged: all but its reasoning; None where nothing is left."""
    text = without_reasoning(answer)
    return (text or "").strip() or None


@dataclass(frozen=True, slots=True)
class ToJudge:
    """An answer to judge. `name` stands for it in the place of a question's id, unique in its set."""

    name: str
    question: Question
    answer: str


@dataclass(frozen=True, slots=True)
class JudgedSet:
    """Answers to judge as questions to the judge: what `line.cell` asks of a set of questions."""

    name: str
    bank: str
    judge: Judge
    shard_of: Callable[[str], str]
    answers: Callable[[], Iterator[Sequence[ToJudge]]] = field(repr=False)

    def batches(self, lake: Lake) -> Iterator[pl.DataFrame]:
        for some in self.answers():
            messages = [self.judge.message(each.question, each.answer) for each in some]
            yield pl.DataFrame(
                {"question_id": [each.name for each in some], "text": messages},
                schema={"question_id": pl.String, "text": pl.String},
            ).with_columns(
                kind=pl.lit("text"),
                targets=pl.lit([], dtype=pl.List(pl.String)),
                choices=pl.lit(None, dtype=pl.List(pl.String)),
                **{name: pl.lit(None, dtype=pl.String) for name in _NOT_SHOWN},
            )


_NOT_SHOWN = ("subject", "cluster", "worked_solution", "answer_field", "question_version")
