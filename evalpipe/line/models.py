"""A configured model, ready to be asked: its backend, its compiled prompt, and the versions that stand for them."""

from dataclasses import dataclass, replace

import polars as pl

from evalpipe.answering.backends import make_backend
from evalpipe.answering.budget import Rates
from evalpipe.answering.engine import Terms
from evalpipe.answering.prompts import DEFAULT_NAME, Renderer, load_prompt, prompt_version
from evalpipe.answering.requests import RequestMaker
from evalpipe.answering.retry import Patience
from evalpipe.backends.protocol import Addressee, Backend, BatchBackend
from evalpipe.config import Config
from evalpipe.config.models import AnyModel, OpenAIChatModel, Sampled
from evalpipe.config.schema import Cache, Prompt
from evalpipe.config.scorers import DEFAULT_SCORERS
from evalpipe.core.errors import ConfigError
from evalpipe.core.keys import to_key
from evalpipe.core.questions import Kind, Question
from evalpipe.core.versions import digest
from evalpipe.line.judge_versions import JUDGE, judge_options, judge_version
from evalpipe.line.project import Project
from evalpipe.scorers import Scorer

# Asked in place of a real question to see every field that is sent beside the messages.
_PROBE = Question("", "", "text", ())


@dataclass(frozen=True, slots=True)
class ReadyModel:
    key: str
    backend: Backend | BatchBackend
    renderer: Renderer
    model_version: str
    samples: int

    def maker(self) -> RequestMaker:
        """Makes the requests of this model; equal questions have equal fingerprints."""
        return RequestMaker(self.backend, self.renderer)


def ready_model(project: Project, key: str) -> ReadyModel:
    """Raises ConfigError: its prompt, weights or file do not fit; or the drop of its examples is not ingested."""
    config = project.config
    model = config.models[key]
    backend = make_backend(model, config.path.parent)
    prompt = _prompt(config, key)
    renderer = load_prompt(model.prompt, prompt, config.path.parent, _examples(project, model.prompt, prompt))
    return ReadyModel(key, backend, renderer, model_version(config, key, backend), model.samples)


def terms_of(model: AnyModel, cache: Cache) -> Terms:
    """How this model may be asked."""
    most = model.max_in_flight
    if not isinstance(model, Sampled):
        return Terms(max_in_flight=most)
    patience = Patience(model.max_retries, model.deadline_s)
    # One slow answer is no standstill: an answer may take `timeout_s`, and it is waited for.
    stall_s = max(model.stall_s, 1.5 * model.timeout_s)
    if not isinstance(model, OpenAIChatModel):
        return Terms(most, patience, stall_s, ttl_s=cache.ttl_s, lease_s=cache.lease_s)
    rates = Rates(model.requests_per_s, model.tokens_per_s)
    return Terms(most, patience, stall_s, rates, model.budget_share, cache.ttl_s, cache.lease_s)


def model_version(config: Config, key: str, backend: Addressee | None = None) -> str:
    """Hash of endpoint, model name, sampling, prompt and number of samples: what decides how a question is answered."""
    model = config.models[key]
    backend = backend or make_backend(model, config.path.parent)
    prompt_hash = prompt_version(model.prompt, _prompt(config, key), config.path.parent)
    samples = [model.samples] if model.samples > 1 else []
    return digest(backend.identity, backend.content(_PROBE, ()).decode(), prompt_hash, *samples)


def scorer_for(config: Config, bank: str, kind: str) -> Scorer:
    """The scorer of this kind of question in this bank; a judge's version tells the model and the prompt too."""
    section = config.file.banks.get(bank)
    chosen = section.scorers.get(_kind(kind)) if section else None
    if chosen is None or chosen.name != JUDGE:
        return chosen or DEFAULT_SCORERS[_kind(kind)]
    judged_by = judge_version(config, bank, kind, judge_options(chosen))
    return replace(chosen, version=f"{chosen.version}/{judged_by[:8]}")


def scorers_version(config: Config, bank: str, kinds: list[str]) -> str:
    """Hash of the scorers that the questions of these kinds meet, and of nothing else: others may change freely."""
    chosen = [(kind, scorer_for(config, bank, kind)) for kind in sorted(set(kinds))]
    return digest([(kind, scorer.name, scorer.version) for kind, scorer in chosen])


def to_questions(rows: pl.DataFrame) -> list[Question]:
    """Rows of `raw_questions` or `questions` as questions, in order."""
    return [
        Question(
            question_id, text, _kind(kind), tuple(targets), tuple(choices or ()), subject, cluster, solution, field
        )
        for question_id, text, kind, targets, choices, subject, cluster, solution, field in rows.select(
            "question_id",
            "text",
            "kind",
            "targets",
            "choices",
            "subject",
            "cluster",
            "worked_solution",
            "answer_field",
        ).iter_rows()
    ]


def _kind(kind: str) -> Kind:
    return kind  # pyright: ignore[reportReturnType]  the sources let no other words into the tables


def _prompt(config: Config, key: str) -> Prompt:
    name = config.models[key].prompt
    return config.file.prompts[name] if name else Prompt()


def _examples(project: Project, name: str | None, prompt: Prompt) -> list[tuple[Question, tuple[str, ...]]]:
    if not prompt.examples_drop:
        return []
    # As delivered: a review changes `questions`, and must not change what was sent.
    rows = project.lake.read("raw_questions", pl.col("drop") == to_key(prompt.examples_drop))
    if rows.is_empty():
        raise ConfigError(
            f"[prompts.{name or DEFAULT_NAME}] examples_drop = {prompt.examples_drop!r}: the lake holds no "
            "questions of this drop. Ingest it first: `evalpipe ingest` and `evalpipe run --drop`."
        )
    return [(question, question.targets) for question in to_questions(rows)]
