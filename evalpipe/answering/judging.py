"""The prompt of a judge: its template and rubric, around the quoted answer."""

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import jinja2

from evalpipe.answering.prompts import RENDERING_FAULTS, compiled
from evalpipe.answering.quoted_answer import QuotedAnswer, quoted_answer
from evalpipe.core.errors import ConfigError
from evalpipe.core.questions import Question
from evalpipe.core.quoting import one_line
from evalpipe.core.versions import digest
from evalpipe.scorers.judge import JudgeOptions

_PROBE = quoted_answer(Question("", "a question", "text", ("a target",)), "an answer")


@dataclass(frozen=True, slots=True)
class JudgePrompt:
    """`version` stands for all that it adds to a question and an answer, but for how they are quoted."""

    version: str
    where: str
    template: jinja2.Template
    rubric: str

    def message(self, quoted: QuotedAnswer) -> str:
        """What the judge is told, in one message. Raises ConfigError: the template cannot be rendered."""
        try:
            return self.template.render(rubric=self.rubric, data=quoted.data, ask=quoted.ask).strip()
        except RENDERING_FAULTS as error:
            raise ConfigError(
                f"{self.where}: the template cannot be rendered: {one_line(str(error) or type(error).__name__)}. "
                "It may use: rubric, data, ask."
            ) from error


def load_judge_prompt(where: str, options: JudgeOptions, folder: Path) -> JudgePrompt:
    """The prompt that these options describe. `where` names them in an error.

    Raises: ConfigError: the template cannot be read, or does not hold the quoted answer and, behind it, what is asked.
    """
    source = judge_template(where, options, folder)
    try:
        template = compiled(source)
    except jinja2.TemplateSyntaxError as error:
        raise ConfigError(f"{where} template: line {error.lineno}: {error.message}.") from error
    prompt = JudgePrompt(prompt_version(where, options, folder), where, template, options.rubric)
    shown = prompt.message(_PROBE)
    data, ask = shown.find(_PROBE.data), shown.rfind(_PROBE.ask)
    if data < 0 or shown.count(_PROBE.data) > 1 or ask < data:
        raise ConfigError(
            f"{where} template = {options.template!r}: it must hold {{{{ data }}}} once, and {{{{ ask }}}} behind it: "
            "the question, its targets and the answer, quoted, and then what the judge is to reply. See docs/judge.md."
        )
    return prompt


def prompt_version(where: str, options: JudgeOptions, folder: Path) -> str:
    return digest(judge_template(where, options, folder), options.rubric)


def judge_template(where: str, options: JudgeOptions, folder: Path) -> str:
    if not options.template:
        return files("evalpipe.answering").joinpath("templates", "judge.j2").read_text(encoding="utf-8")
    try:
        return (folder / Path(options.template).expanduser()).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{where} template = {options.template!r}: cannot be read ({error}).") from None
