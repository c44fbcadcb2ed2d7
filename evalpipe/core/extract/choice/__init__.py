"""The option that a reply chooses, or the options where the question allows several.

A reply makes claims, each by a named rule with a weight (claims.py); the weightiest count:

- the whole reply: `letter_alone`, `option_text`
- labelled: `json`, `boxed`, `tag`, `hash`, `heading`, `table`, `answer_label` ("Answer: B"), `answer_is`, `answer_zh`
  (答案是C, 故选C), `verdict` ("B is the right answer"), `revision` ("wait, no, B"). The last of them wins.
- concluded: `conclusion` ("so, B", 选C), `letter_alone` and `letter_and_text` on a line, `leading` ("B, because"),
  `ticked`
- picked: `pick` ("I think it's B")
- judged: `verdict` ("B is correct"), `bold`
- mentioned: `only_named`, the one option that a short reply names as what is asked (mention.py)

Of the unlabelled, those of one weight must agree: where they do not, the reply is unparsed. What is negated, asked,
supposed or said of others is no claim (guards.py); a listing of the options and the instruction chooses nothing
(listing.py). The English article "a" and the pronoun "I" are not options.
"""

from collections.abc import Iterator, Sequence

from evalpipe.core.extract.choice.claims import Claim, Weight, without_doubles
from evalpipe.core.extract.choice.cues import labelled, last_word, unlabelled
from evalpipe.core.extract.choice.fields import fielded
from evalpipe.core.extract.choice.guards import retractions, revisions
from evalpipe.core.extract.choice.lines import standing, whole
from evalpipe.core.extract.choice.listing import may_instruct, without_listing, without_run_on
from evalpipe.core.extract.choice.mention import mentioned
from evalpipe.core.extract.choice.options import choices_key, flattened, lowered, options_of
from evalpipe.core.extract.choice.reply import Reply
from evalpipe.core.extract.choice.verdicts import verdicts
from evalpipe.core.extract.choice.words import any_of
from evalpipe.core.scores import Confidence, Extraction

_CONFIDENCE: dict[Weight, Confidence] = {
    Weight.LABELLED: "high",
    Weight.CONCLUDED: "medium",
    Weight.PICKED: "medium",
    Weight.JUDGED: "medium",
    Weight.MENTIONED: "low",
}
_HEAD, _TAIL = 4_000, 12_000  # characters that are read of a longer reply, so that 100 kB of anything take no longer
_SEVERAL = "several options are chosen"
_OUTSIDE = "the answer is not among the options"


def choice(text: str, choices: Sequence[str]) -> Extraction:
    """The chosen option's letter. None when there is none, when several stand, or when it is not among the choices."""
    return _read(text, choices, several=False)


def multi_choice(text: str, choices: Sequence[str]) -> Extraction:
    """All the chosen options' letters, sorted, each once: "A,C". None when none is chosen, or when one of them is not
    among the choices."""
    return _read(text, choices, several=True)


def _read(text: str, choices: Sequence[str], several: bool) -> Extraction:
    if not choices:
        return Extraction(None, reason="the question has no choices")
    options = options_of(choices_key(choices))
    flat = flattened(text)
    reply = Reply(flat, lowered(flat), options, several)
    claim = whole(reply)
    if claim:
        return _decided(claim, [claim], reply)
    if len(flat) > _HEAD + _TAIL:
        flat = flat[:_HEAD] + "\n" * (len(flat) - _HEAD - _TAIL) + flat[-_TAIL:]
        reply = Reply(flat, lowered(flat), options, several)
    end = without_run_on(reply.low, options)
    if not several and end == len(flat) and not any_of(("{", "}"), flat) and not may_instruct(reply.low):
        claim = last_word(reply)
        if claim:
            return _decided(claim, [claim], reply)
    flat = without_listing(flat[:end], reply.low[:end], options, several)
    reply = Reply(flat, lowered(flat), options, several)
    claims = _claims(reply)
    for weight in sorted(Weight, reverse=True):
        equal = [claim for claim in claims if claim.weight == weight]
        if equal and not _is_explained(equal[-1], claims):
            return _weighed(equal, claims, reply)
    return Extraction(None, reason=f"no option from A to {options.letters[-1]} is chosen")


def _claims(reply: Reply) -> list[Claim]:
    """What the reply claims; the lighter kinds are looked for only where there is nothing weightier."""
    fields, objects = fielded(reply)

    def outside(claims: Iterator[Claim]) -> list[Claim]:
        return [claim for claim in claims if not any(start <= claim.at < end for start, end in objects)]

    labels = without_doubles([*fields, *outside(labelled(reply)), *outside(verdicts(reply, named=True))])
    if any(claim.letters for claim in labels) and not any(_changes(reply, min(claim.at for claim in labels) + 1)):
        return labels
    said = without_doubles([*labels, *outside(unlabelled(reply)), *outside(verdicts(reply, named=False))])
    claims = _revised(said, reply)
    if not any(claim.weight == Weight.LABELLED and claim.letters for claim in claims):
        claims = _revised(without_doubles([*said, *standing(reply)]), reply)
    return claims or [*mentioned(reply)]


def _changes(reply: Reply, start: int) -> tuple[list[int], list[int]]:
    """Where a reply changes its mind from `start` on, and where it takes something back."""
    return revisions(reply.low, start), retractions(reply.low, start)


def _revised(claims: list[Claim], reply: Reply) -> list[Claim]:
    """Claims behind a change of mind weigh as much as labels; what is taken back is no answer any more."""
    if not claims:
        return claims
    marks, taken_back = _changes(reply, min(claim.at for claim in claims) + 1)
    raised = [
        Claim(claim.rule, Weight.LABELLED, claim.at, claim.letters, claim.start, claim.end, claim.fits)
        if claim.weight in (Weight.CONCLUDED, Weight.PICKED, Weight.JUDGED)
        and any(mark < claim.start for mark in marks)
        else claim
        for claim in claims
    ]
    raised += [Claim("retracted", Weight.LABELLED, mark, (), mark, mark) for mark in taken_back]
    return sorted(raised, key=lambda claim: claim.start)


def _is_explained(last: Claim, claims: list[Claim]) -> bool:
    """Whether what was labelled is no option, and the reply goes on to say which one it is: "\\boxed{42}, option B"."""
    return (
        not last.letters
        and last.rule in ("boxed", "hash", "answer_label")
        and any(claim.weight == Weight.CONCLUDED and claim.at > last.at for claim in claims)
    )


def _weighed(equal: list[Claim], claims: list[Claim], reply: Reply) -> Extraction:
    last = equal[-1]
    if last.weight != Weight.LABELLED:
        if reply.several and last.rule in ("letter_alone", "ticked"):
            letters = tuple(letter for claim in equal for letter in claim.letters)
            last = Claim(last.rule, last.weight, last.at, letters, equal[0].start, last.end)
        elif len({claim.letters for claim in equal}) > 1:
            letters = tuple(dict.fromkeys(letter for claim in equal for letter in claim.letters))
            return Extraction(None, last.rule, (last.start, last.end), letters, "the reply says more than one thing")
    return _decided(last, claims, reply)


def _decided(claim: Claim, claims: list[Claim], reply: Reply) -> Extraction:
    span = (claim.start, claim.end)
    letters = tuple(sorted(set(claim.letters)))
    others = tuple(dict.fromkeys(letter for other in claims for letter in other.letters))
    if not letters and claim.rule == "retracted":
        return Extraction(None, claim.rule, span, others, "the answer is taken back")
    if not letters or any(letter not in reply.options.letters for letter in letters):
        return Extraction(None, claim.rule, span, others, _OUTSIDE)
    if not claim.fits or (len(letters) > 1 and not reply.several):
        return Extraction(None, claim.rule, span, others, _SEVERAL)
    value = ",".join(letters)
    candidates = tuple(letter for letter in others if letter not in letters)
    return Extraction(value, claim.rule, span, candidates, confidence=_CONFIDENCE[claim.weight])
