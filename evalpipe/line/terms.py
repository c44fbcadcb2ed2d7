"""What a leaderboard depends on beside the tables: what evalpipe.toml says, as far as a number needs it.

Written into the leaderboard's rows, together with the versions of the tables: so a number can be made again whatever
evalpipe.toml says by then.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from evalpipe.config import Config
from evalpipe.config.scorers import stored_scorer
from evalpipe.core.errors import ConfigError
from evalpipe.core.versions import digest
from evalpipe.line.judge_versions import JUDGE, judge_key, judge_options, judge_version, labelled_version
from evalpipe.line.models import model_version, scorer_for
from evalpipe.line.open_doubts import kin_of
from evalpipe.line.project import Project
from evalpipe.line.reduced import reducer_of
from evalpipe.scorers import Scorer


@dataclass(frozen=True, slots=True)
class RankedModel:
    """`kin`: itself and its family, by key. `listed`: the banks in which it has a row even before it answered."""

    model_version: str
    kin: tuple[str, ...]
    listed: frozenset[str]


@dataclass(frozen=True, slots=True)
class NamedScorer:
    """`options`: as in `Scorer`, JSON or ""."""

    name: str
    version: str
    options: str


@dataclass(frozen=True, slots=True)
class NamedJudge:
    """A judge and what it was compared with: `key` of its model, its version, and that of the labelled answers."""

    key: str
    version: str
    labelled: str | None


@dataclass(frozen=True, slots=True)
class BoardTerms:
    """`models` by key, in their order; `scorers` by bank and kind of question, so `judges`; `reducers` by bank."""

    models: Mapping[str, RankedModel]
    scorers: Mapping[tuple[str, str], NamedScorer]
    reducers: Mapping[str, str]
    judges: Mapping[tuple[str, str], NamedJudge]

    def scorers_of(self, bank: str) -> dict[str, Scorer]:
        """The bank's scorers by kind of question, as today's code has them."""
        return {
            kind: stored_scorer(each.name, each.options)
            for (of_bank, kind), each in self.scorers.items()
            if of_bank == bank
        }

    def scorers_version(self, bank: str, kinds: Iterable[str]) -> str:
        """As `line.models.scorers_version`."""
        chosen = [(kind, self.scorers[bank, kind]) for kind in sorted(set(kinds))]
        return digest([(kind, each.name, each.version) for kind, each in chosen])


def todays_terms(project: Project, questions: pl.DataFrame) -> BoardTerms:
    """What evalpipe.toml says today of the banks and kinds of these questions (`line.standing`)."""
    config = project.config
    banks = questions["bank"].unique().to_list()
    models = {
        key: RankedModel(
            model_version(config, key),
            tuple(kin_of(config, key)),
            frozenset(bank for bank in banks if model.automatic and config.evaluated(key, bank)),
        )
        for key, model in config.models.items()
    }
    found = questions.select("bank", "kind").unique()
    scorers = {(bank, kind): scorer_for(config, bank, kind) for bank, kind in found.iter_rows()}
    named = {key: NamedScorer(each.name, each.version, each.options) for key, each in scorers.items()}
    judges = {
        (bank, kind): _judge(config, bank, kind, one) for (bank, kind), one in scorers.items() if one.name == JUDGE
    }
    return BoardTerms(models, named, {bank: reducer_of(config, bank).name for bank in banks}, judges)


def _judge(config: Config, bank: str, kind: str, scorer: Scorer) -> NamedJudge:
    options = judge_options(scorer)
    try:
        labelled = labelled_version(config, options)
    except ConfigError:
        labelled = None  # a file that is gone compares with nobody; the run that judges says what is wrong with it
    return NamedJudge(judge_key(options), judge_version(config, bank, kind, options), labelled)


def written_terms(terms: BoardTerms, bank: str, model: str, tables: Mapping[str, int]) -> str:
    """What a row was made from, as JSON: its model's place and kin, its bank's scorers and judges, tables' versions."""
    scorers = {
        kind: [each.name, each.version, each.options]
        for (of_bank, kind), each in sorted(terms.scorers.items())
        if of_bank == bank
    }
    judges = {
        kind: [each.key, each.version, each.labelled]
        for (of_bank, kind), each in sorted(terms.judges.items())
        if of_bank == bank
    }
    said = {
        "place": list(terms.models).index(model),
        "kin": terms.models[model].kin,
        "scorers": scorers,
        "reducer": terms.reducers[bank],
        "judges": judges,
        "tables": dict(sorted(tables.items())),
    }
    return json.dumps(said, ensure_ascii=False)


def read_terms(rows: Sequence[Mapping[str, Any]]) -> tuple[BoardTerms, dict[str, int]]:
    """The terms of one bank and the tables' versions, from the rows (whole bank) of one refresh of the leaderboard."""
    said = {row["model"]: json.loads(row["made_from"]) for row in rows}
    versions = {row["model"]: row["model_version"] for row in rows}
    bank = str(rows[0]["bank"])
    ordered = sorted(said, key=lambda model: said[model]["place"])
    models = {model: RankedModel(versions[model], tuple(said[model]["kin"]), frozenset({bank})) for model in ordered}
    scorers = {(bank, kind): NamedScorer(*named) for kind, named in said[ordered[0]]["scorers"].items()}
    of_bank = said[ordered[0]]
    judges = {(bank, kind): NamedJudge(*named) for kind, named in of_bank["judges"].items()}
    return BoardTerms(models, scorers, {bank: of_bank["reducer"]}, judges), of_bank["tables"]
