"""What the leaderboard says beside a judged score: who judged, how far it agrees with people, what it left unjudged."""

from collections.abc import Iterable

import polars as pl

from evalpipe.line.agreement import compared_before
from evalpipe.line.terms import BoardTerms
from evalpipe.store.lake import Lake

_AGREEMENT = {
    "judge_agreement": "agreement",
    "judge_agreement_low": "agreement_low",
    "judge_agreement_high": "agreement_high",
    "judge_kappa": "kappa",
    "n_judge_labelled": "n_compared",
}


class Judged:
    """The judges of one bank as the leaderboard shows them; each is compared with people once for all its rows."""

    def __init__(self, lake: Lake, terms: BoardTerms, bank: str) -> None:
        self._judges = {kind: each for (of_bank, kind), each in terms.judges.items() if of_bank == bank}
        self._agreements = {
            kind: compared_before(lake, bank, kind, each.version, each.labelled) for kind, each in self._judges.items()
        }

    def columns(self, kinds: Iterable[str], current: pl.DataFrame) -> dict[str, object]:
        """Columns of table `leaderboard` for questions of these kinds; empty where no judge judges them.

        Where there are several judges, the figures are those of the one that agrees least with people: that one bounds
        what the score is worth, and a judge that was never compared agrees least of all.

        Args:
            current: the score rows that count, with `judged`.
        """
        here = [kind for kind in sorted(set(kinds)) if kind in self._judges]
        if not here:
            return {}
        found = [each.row if (each := self._agreements[kind]) else {} for kind in here]
        least = min(found, key=lambda row: -1.0 if row.get("agreement") is None else float(row["agreement"]))
        return {
            "judge": ", ".join(sorted({self._judges[kind].key for kind in here})),
            **{ours: least.get(theirs) for ours, theirs in _AGREEMENT.items()},
            "n_judge_labelled": least.get("n_compared", 0),
            "n_unjudged": current.filter(
                pl.col("count") == "failed", pl.col("judged").is_in(["failed", "unreadable"])
            ).height,
        }
