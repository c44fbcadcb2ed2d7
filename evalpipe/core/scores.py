"""What an extractor read and what a scorer decided."""

from dataclasses import dataclass
from typing import Literal

# `high`: the text says that this is its answer, or is nothing else. `medium`: a sentence concludes with it. `low`: it
# is the only thing that could be meant.
Confidence = Literal["high", "medium", "low"]


@dataclass(frozen=True, slots=True)
class Extraction:
    """What was read from a model's text, by which rule, and where.

    `value` is None when nothing could be read with confidence; a guess is worse than that.
    `span` are character offsets [from, to) into the text; `candidates` is what else stood there.
    `confidence` is a property of the rule, not of the text; None when nothing was read.
    """

    value: str | None
    rule: str | None = None
    span: tuple[int, int] | None = None
    candidates: tuple[str, ...] = ()
    reason: str = ""
    confidence: Confidence | None = None


@dataclass(frozen=True, slots=True)
class Score:
    """1.0 right, 0.0 wrong, a fraction for part of it, None when the answer could not be read.

    `reason` says why in a few words; `rule` names the extraction rule that read `extracted`.
    """

    value: float | None
    extracted: str | None
    rule: str | None
    reason: str
