"""The prompts: readable, and rendered for a made-up question of every kind before a real one is."""

from collections.abc import Iterator

import polars as pl

from evalpipe.answering.prompts import DEFAULT_NAME, load_prompt
from evalpipe.config.schema import Prompt
from evalpipe.core.errors import ConfigError, LakeError
from evalpipe.core.keys import to_key
from evalpipe.core.questions import KINDS, Kind, Question
from evalpipe.line.health.finding import Finding, bad, ok, warning
from evalpipe.line.models import to_questions
from evalpipe.line.project import Project

PROMPTS = "prompts"

MADE_UP = "How many legs have two spiders and a hen, 18 or 24?"


def prompts(project: Project) -> list[Finding]:
    """Each prompt can be read, and rendered for a made-up question of every kind."""
    file = project.config.file
    used = {model.prompt for model in file.models.values()} | set(file.prompts)
    kinds = _kinds(project)
    findings: list[Finding] = []
    for name in sorted(used, key=lambda each: each or ""):
        findings += _prompt(project, name, file.prompts[name] if name else Prompt(), kinds)
    return findings or [ok(PROMPTS, f"{len(used)} rendered for each of: {', '.join(KINDS)}")]


def _prompt(project: Project, name: str | None, prompt: Prompt, kinds: set[str]) -> Iterator[Finding]:
    where = f"[prompts.{name or DEFAULT_NAME}]"
    try:
        renderer = load_prompt(name, prompt, project.config.path.parent, _examples(project, where, prompt))
    except ConfigError as error:
        yield bad(PROMPTS, str(error), f"Correct the file that {where} names, or its path.")
        return
    if prompt.examples and not renderer.examples:
        yield warning(PROMPTS, f"{where} examples: the file is empty", "Put examples into it, or remove `examples`.")
    for question in _made_up():
        try:
            shown = renderer.messages(question)[-1]["content"]
        except ConfigError as error:
            needed = not kinds or question.kind in kinds
            mend = f"Correct the template of {where}; it may ask `kind` which question it has."
            if needed:
                yield bad(PROMPTS, str(error), mend)
            else:
                yield warning(PROMPTS, f"{error} No drop has such questions so far.", mend)
            return
        if question.text not in shown:
            what = f"{where} template: the text of a {question.kind} question is not in what is sent"
            yield warning(PROMPTS, what, "Put {{ question }} into the template.")
            return


def _examples(project: Project, where: str, prompt: Prompt) -> list[tuple[Question, tuple[str, ...]]]:
    if not prompt.examples_drop:
        return []
    rows = project.lake.read("questions", pl.col("drop") == to_key(prompt.examples_drop))
    if rows.is_empty():
        raise ConfigError(
            f"{where} examples_drop = {prompt.examples_drop!r}: the lake holds no validated questions of this drop; "
            f"`evalpipe run --drop {prompt.examples_drop}` brings them in."
        )
    return [(question, question.targets) for question in to_questions(rows)]


def _made_up() -> list[Question]:
    """One question of every kind."""
    kinds: tuple[Kind, ...] = KINDS  # pyright: ignore[reportAssignmentType]  the same words, typed as str
    return [
        Question(
            question_id=f"doctor-{kind}",
            text=MADE_UP,
            kind=kind,
            targets=("A",),
            choices=("18", "24") if kind in ("choice", "multi_choice") else (),
            answer_field="legs" if kind == "json" else None,
        )
        for kind in kinds
    ]


def _kinds(project: Project) -> set[str]:
    """The kinds of question in the lake; none where it cannot be read, which is another check's finding."""
    try:
        return set(project.lake.read("shards", columns=["kinds"])["kinds"].explode(empty_as_null=False))
    except (LakeError, pl.exceptions.PolarsError):
        return set()
