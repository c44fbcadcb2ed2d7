"""Reads the policy of `evalpipe gate`: rules that a model's scores must keep before they count as good enough."""

import tomllib
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError, field_validator, model_validator

from evalpipe.config.section import Name, Section, Share
from evalpipe.core.errors import ConfigError
from evalpipe.core.quoting import one_line

Alpha = Annotated[float, Field(gt=0, lt=0.5)]


class Rule(Section):
    """`name`: how the report calls the rule; by default it is described."""

    name: Name | None = None


class AccuracyRule(Rule):
    """A model's accuracy is at least so much. `by = "interval"`: its 95% interval decides; `"estimate"`: the figure."""

    kind: Literal["accuracy"]
    model: Name
    bank: Name
    subject: Name | None = None
    at_least: Share
    by: Literal["interval", "estimate"] = "interval"


class DropRule(Rule):
    """A model is worse than its baseline by less than `margin`, on the questions that both answered.

    The baseline is another model (`baseline`), or the model itself in the tables as they were: at a moment
    (`baseline_at`), or when a Delta version of the leaderboard was written (`baseline_version`); with `baseline` too,
    that model then.
    """

    kind: Literal["drop"]
    model: Name
    bank: Name
    subject: Name | None = None
    baseline: Name | None = None
    baseline_version: Annotated[int, Field(ge=0)] | None = None
    baseline_at: datetime | None = None
    margin: Share = 0.01
    alpha: Alpha = 0.05

    @field_validator("baseline_at")
    @classmethod
    def _has_a_zone(cls, at: datetime | None) -> datetime | None:
        if at is not None and at.tzinfo is None:
            raise ValueError("a time zone is missing: write 2026-11-01T00:00:00Z")
        return at

    @model_validator(mode="after")
    def _one_baseline(self) -> "DropRule":
        if self.baseline_version is not None and self.baseline_at is not None:
            raise ValueError("give `baseline_version` or `baseline_at`, not both")
        if self.baseline is None and self.baseline_version is None and self.baseline_at is None:
            raise ValueError("a baseline is missing: give `baseline`, `baseline_version` or `baseline_at`")
        if self.baseline == self.model and self.baseline_version is None and self.baseline_at is None:
            raise ValueError("`baseline` is the model itself; add `baseline_version` or `baseline_at`")
        return self


class LabelErrorsRule(Rule):
    """At most this share of a bank's labels is wrong, in each of its drops, reviewed ones not counted."""

    kind: Literal["label_errors"]
    bank: Name
    at_most: Share


class FailedShareRule(Rule):
    """At most this share of a model's answers failed, of all that were asked and are not excluded."""

    kind: Literal["failed_share"]
    model: Name
    bank: Name
    at_most: Share


class JudgeAgreementRule(Rule):
    """A bank's judge says what people said on at least this share of the labelled answers, by its 95% interval."""

    kind: Literal["judge_agreement"]
    bank: Name
    at_least: Share


AnyRule = Annotated[
    AccuracyRule | DropRule | LabelErrorsRule | FailedShareRule | JudgeAgreementRule, Field(discriminator="kind")
]

KINDS: dict[str, type[Rule]] = {
    "accuracy": AccuracyRule,
    "drop": DropRule,
    "label_errors": LabelErrorsRule,
    "failed_share": FailedShareRule,
    "judge_agreement": JudgeAgreementRule,
}


class Policy(Section):
    """The whole of a policy file."""

    rules: Annotated[list[AnyRule], Field(min_length=1)]


def load_policy(path: Path) -> Policy:
    """Raises ConfigError: names the file, the key, what is wrong and what is allowed."""
    try:
        return Policy.model_validate(tomllib.loads(path.read_text(encoding="utf-8-sig")))
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file. Name a policy; docs/comparison.md has one to start from.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read ({error}). It is UTF-8 text.") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not valid TOML: {one_line(str(error), 200)}.") from None
    except ValidationError as error:
        faults = error.errors(include_input=False, include_url=False)
        lines = [f"{path}: {_place(each['loc'])}{_what(each['type'], each['msg'], each['loc'])}." for each in faults]
        raise ConfigError("\n".join(one_line(line, 400) for line in lines)) from None


def _place(at: tuple[int | str, ...]) -> str:
    """`rules[2].at_least`: rules are counted from 1; the rule's kind, which pydantic adds, is no key of the file."""
    if not at:
        return ""
    if at[0] != "rules" or len(at) == 1:
        return f"`{at[0]}`: "
    number = f"rules[{int(at[1]) + 1}]"
    return f"`{'.'.join([number, *(str(each) for each in at[3:])])}`: "


def _what(kind: str, message: str, at: tuple[int | str, ...]) -> str:
    match kind:
        case "extra_forbidden":
            section = KINDS.get(str(at[2]), Policy) if len(at) > 2 else Policy
            return f"unknown key. Allowed here: {', '.join(section.model_fields)}"
        case "union_tag_not_found":
            return f"`kind` is missing. Allowed: {', '.join(KINDS)}"
        case "union_tag_invalid":
            return f"`kind` is none that there is. Allowed: {', '.join(KINDS)}"
        case "missing":
            return "this key is missing" if at != ("rules",) else "a policy has one rule or more: [[rules]]"
        case "model_type" | "model_attributes_type" | "dict_type":
            return "a table is expected"
        case "list_type":
            return "a list of tables is expected: [[rules]]"
        case _:
            return message.removeprefix("Value error, ")
