"""Which banks have a judge, and the versions that stand for what it says."""

import json
from pathlib import Path

from evalpipe.answering.backends import make_backend
from evalpipe.answering.judging import prompt_version
from evalpipe.config import Config
from evalpipe.core.errors import ConfigError
from evalpipe.core.keys import to_key
from evalpipe.core.questions import Question
from evalpipe.core.versions import digest
from evalpipe.scorers import Scorer
from evalpipe.scorers.judge import JudgeOptions

JUDGE = "judge"  # the scorer's name
_PROBE = Question("", "", "text", ())


def judge_options(scorer: Scorer) -> JudgeOptions:
    """The options of a scorer that is a judge."""
    return JudgeOptions(**json.loads(scorer.options or "{}"))


def judge_key(options: JudgeOptions) -> str:
    """The key of the model that judges."""
    return to_key(options.model)


def judge_place(bank: str, kind: str) -> str:
    """Where it is configured, for an error."""
    return f"[banks.{bank}.scorers.{kind}]"


def judge_version(config: Config, bank: str, kind: str, options: JudgeOptions) -> str:
    """Hash of endpoint, model name, sampling, template and rubric: what decides how an answer is judged."""
    backend = make_backend(config.models[judge_key(options)], config.path.parent)
    prompt = prompt_version(judge_place(bank, kind), options, config.path.parent)
    return digest(backend.identity, backend.content(_PROBE, ()).decode(), prompt)


def labelled_path(config: Config, options: JudgeOptions) -> Path | None:
    return config.resolve(Path(options.labelled)) if options.labelled else None


def labelled_version(config: Config, options: JudgeOptions) -> str | None:
    """Hash of the labelled answers; None: there are none. Raises ConfigError: the file cannot be read."""
    path = labelled_path(config, options)
    if path is None:
        return None
    try:
        return digest(path.read_bytes().hex())
    except OSError as error:
        raise ConfigError(f"labelled = {options.labelled!r}: cannot be read ({error}).") from None


def judged_version(config: Config, bank: str, kinds: list[str], labels_version: str) -> str | None:
    """Hash of all that verdicts on a shard's answers are made from, answers apart; None: it has no judge.

    An unreadable file counts as one more version: the run says what is wrong with it, where people look for runs.
    """
    section = config.file.banks.get(bank)
    if section is None:
        return None
    found: list[object] = []
    for kind, scorer in sorted(section.scorers.items()):
        if scorer.name == JUDGE and kind in kinds:
            options = judge_options(scorer)
            try:
                found.append([judge_version(config, bank, kind, options), labelled_version(config, options)])
            except ConfigError as error:
                found.append(str(error))
    return digest(found, labels_version) if found else None


def has_judge(config: Config) -> bool:
    return any(scorer.name == JUDGE for bank in config.file.banks.values() for scorer in bank.scorers.values())
