"""A question becomes messages: Jinja2 in a sandbox, undefined is an error, few-shot examples in front.

The text of a question is data to a template, never a template itself. A template sees what `question_version` hashes
and nothing more, so a change of anything that a model could see changes a version.
"""

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from itertools import islice
from pathlib import Path

import jinja2
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from evalpipe.backends.protocol import Message
from evalpipe.config.schema import Prompt
from evalpipe.core.errors import ConfigError
from evalpipe.core.questions import KINDS, LETTERS, Kind, Question
from evalpipe.core.quoting import one_line
from evalpipe.core.versions import digest

DEFAULT_NAME = "default"

_ENVIRONMENT = ImmutableSandboxedEnvironment(
    undefined=jinja2.StrictUndefined,
    autoescape=False,
    trim_blocks=True,
    lstrip_blocks=True,
)
# What they give differs each time: the same question would be another request, and be asked again.
del _ENVIRONMENT.globals["lipsum"], _ENVIRONMENT.filters["random"]
_GLOBALS = dict(_ENVIRONMENT.globals)


@dataclass(frozen=True, slots=True)
class Example:
    """A few-shot example: the question as the template shows it, and the assistant's reply."""

    question: Question
    reply: str


@dataclass(frozen=True, slots=True)
class Renderer:
    """One configured prompt, compiled. `prompt_hash` stands for all that it adds to a question."""

    name: str
    prompt_hash: str
    system: str | None
    templates: Mapping[Kind, jinja2.Template]
    examples: tuple[Example, ...]
    drawn: int  # of the examples, how many are shown; 0: all of them
    seed: int

    def messages(self, question: Question) -> tuple[Message, ...]:
        """What would be sent. Raises ConfigError: the template names something that no question has."""
        found: list[Message] = [{"role": "system", "content": self.system}] if self.system else []
        for example in self._shown(question):
            found.append({"role": "user", "content": self._text(self._alike(example.question, question))})
            found.append({"role": "assistant", "content": example.reply})
        found.append({"role": "user", "content": self._text(question)})
        return tuple(found)

    def _shown(self, question: Question) -> Sequence[Example]:
        """The examples for this question: never the question itself; drawn ones are of its kind, the same for all."""
        if not self.drawn:
            return [each for each in self.examples if not _same(each.question, question)]
        fit = (each for each in self.examples if each.question.kind == question.kind)
        return list(islice((each for each in fit if not _same(each.question, question)), self.drawn))

    def _alike(self, example: Question, question: Question) -> Question:
        """An example of a file says nothing of its kind: it is shown as the question is."""
        if self.drawn or bool(example.choices) != (question.kind in ("choice", "multi_choice")):
            return example
        return replace(example, kind=question.kind, answer_field=question.answer_field)

    def _text(self, question: Question) -> str:
        template = self.templates[question.kind]
        shown = {
            **_GLOBALS,
            "question": question.text,
            "kind": question.kind,
            "subject": question.subject,
            "answer_field": question.answer_field,
            "choices": [
                {"letter": letter, "text": text} for letter, text in zip(LETTERS, question.choices, strict=False)
            ],
        }
        try:
            # As `render`, but for its copies of the globals, which cost more than the rest.
            context = Context(_ENVIRONMENT, shown, template.name, template.blocks)
            return "".join(template.root_render_func(context)).strip()
        except RENDERING_FAULTS as error:
            raise ConfigError(
                f"[prompts.{self.name}]: the template cannot be rendered for a {question.kind} question: "
                f"{one_line(str(error) or type(error).__name__)}. "
                "It may use: question, kind, choices (each with letter and text), subject, answer_field."
            ) from error


# What a template's own faults raise: an unknown name, a wrong type, a division by zero, a bad index, endless recursion.
RENDERING_FAULTS = (
    jinja2.TemplateError,
    TypeError,
    ValueError,
    ArithmeticError,
    LookupError,
    AttributeError,
    RecursionError,
)


def load_prompt(
    name: str | None, prompt: Prompt, folder: Path, drawn_from: Sequence[tuple[Question, tuple[str, ...]]] = ()
) -> Renderer:
    """Compile a configured prompt; `name` None is the default prompt.

    Args:
        folder: relative paths start here.
        drawn_from: questions of `examples_drop` with their targets, in a stable order; empty where none is named.

    Raises: ConfigError: a file is missing, or is not what it should be.
    """
    name = name or DEFAULT_NAME
    sources = _sources(name, prompt, folder)
    if prompt.examples:
        examples = _read_examples(name, folder / prompt.examples.expanduser())
    else:
        examples = _drawn(drawn_from, prompt.examples_seed)
    prompt_hash = prompt_version(name, prompt, folder)
    try:
        templates: dict[Kind, jinja2.Template] = {kind: compiled(source) for kind, source in sources.items()}
    except jinja2.TemplateSyntaxError as error:
        raise ConfigError(f"[prompts.{name}] template: line {error.lineno}: {error.message}.") from error
    drawn = prompt.examples_count if prompt.examples_drop else 0
    return Renderer(name, prompt_hash, prompt.system, templates, examples, drawn, prompt.examples_seed)


def prompt_version(name: str | None, prompt: Prompt, folder: Path) -> str:
    """Hash of what the prompt adds to a question. A drop never changes, so its name, seed and count stand for it."""
    name = name or DEFAULT_NAME
    examples = _file(name, "examples", folder / prompt.examples.expanduser()) if prompt.examples else None
    drawn = (prompt.examples_drop, prompt.examples_seed, prompt.examples_count) if prompt.examples_drop else None
    return digest(_sources(name, prompt, folder), prompt.system, examples, drawn)


@cache
def compiled(source: str) -> jinja2.Template:
    """Raises: jinja2.TemplateSyntaxError."""
    return _ENVIRONMENT.from_string(source)


def _sources(name: str, prompt: Prompt, folder: Path) -> dict[Kind, str]:
    if prompt.template:
        text = _file(name, "template", folder / prompt.template.expanduser())
        return dict.fromkeys(_kinds(), text)
    return {kind: _default(kind) for kind in _kinds()}


@cache
def _default(kind: str) -> str:
    return files("evalpipe.answering").joinpath("templates", f"{kind}.j2").read_text(encoding="utf-8")


def _kinds() -> tuple[Kind, ...]:
    return KINDS  # pyright: ignore[reportReturnType]  the same words, which get_args types as str


def _file(name: str, key: str, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"[prompts.{name}] {key} = {str(path)!r}: cannot be read ({error}).") from None


def _same(one: Question, other: Question) -> bool:
    """By id, or by text: white space apart, and whatever the choices and their order."""
    return one.question_id == other.question_id or one.text.split() == other.text.split()


def _read_examples(name: str, path: Path) -> tuple[Example, ...]:
    """Examples of a JSONL or JSON file: `question`, `answer`, and `choices` where there are any."""
    text = _file(name, "examples", path)
    found: list[Example] = []
    try:
        lines = [line for line in text.split("\n") if line.strip()]
        rows = json.loads(text) if text.lstrip().startswith("[") else [json.loads(line) for line in lines]
        for row in rows:
            choices = tuple(str(choice) for choice in row.get("choices") or ())
            kind: Kind = "choice" if choices else "text"
            question = Question("", str(row["question"]), kind, (), choices, subject=row.get("subject"))
            found.append(Example(question, str(row["answer"])))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(
            f"[prompts.{name}] examples = {str(path)!r}: {type(error).__name__}: {error}. "
            'Each line is a JSON object: {"question": ..., "answer": ..., "choices": [...] where there are any}.'
        ) from None
    return tuple(found)


def _drawn(pool: Sequence[tuple[Question, tuple[str, ...]]], seed: int) -> tuple[Example, ...]:
    shuffled = sorted(pool, key=lambda pair: pair[0].question_id)
    random.Random(seed).shuffle(shuffled)
    return tuple(Example(question, _model_reply(question, targets)) for question, targets in shuffled if targets)


def _model_reply(question: Question, targets: tuple[str, ...]) -> str:
    """How a perfect assistant would have replied to the default prompts."""
    if question.kind == "json":
        return json.dumps({question.answer_field or "answer": targets[0]}, ensure_ascii=False)
    answer = f"Answer: {', '.join(targets) if question.kind == 'multi_choice' else targets[0]}"
    return f"{question.worked_solution}\n{answer}" if question.worked_solution else answer
