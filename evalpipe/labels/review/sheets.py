"""The sheet that a reviewer fills in: a row a question, with all that is needed to judge it, and cells to do so."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import cast

from evalpipe.core.keys import from_key
from evalpipe.core.questions import LETTERS
from evalpipe.core.quoting import csv_cell

TO_FILL_IN = ("verdict", "correct_target", "by", "at", "why")
MAX_CELL = 30_000  # characters; a spreadsheet cuts a cell at 32,767, and takes its row apart

SheetRow = dict[str, object]


def sheet_row(question: Mapping[str, object], suspect: Mapping[str, object] | None, **more: object) -> SheetRow:
    """A row from rows of the tables `raw_questions` (its `drop` already a name) and `suspects`.

    Without a suspect nothing is said of suspicion, proposal and evidence: the reviewer is to look unprepared.
    `more` are further columns: `picked`, `state`.
    """
    doubt = suspect or {}
    suspicion = doubt.get("suspicion")
    return {
        "bank": question["bank"],
        "drop": question["drop"],
        "question_id": question["question_id"],
        "question_version": question["question_version"],
        "text": question["text"],
        "choices": " | ".join(
            f"{letter}. {choice}" for letter, choice in zip(LETTERS, _list(question["choices"]), strict=False)
        ),
        "targets": " | ".join(_list(question["targets"])),
        "proposed_target": doubt.get("proposed_target"),
        "suspicion": round(suspicion, 6) if isinstance(suspicion, float) else None,
        "flagged": doubt.get("flagged"),
        "signals": " | ".join(_list(doubt.get("signals"))),
        "reasons": " | ".join(_list(doubt.get("reasons"))),
        "evidence": evidence_text(doubt.get("evidence")),
        "worked_solution": question["worked_solution"],
        **more,
        **dict.fromkeys(TO_FILL_IN, ""),
    }


def evidence_text(evidence: object) -> str:
    """Who said what: `gpt-4: 12 | llama: 13`."""
    pairs = cast("list[dict[str, str | None]]", evidence or [])
    return " | ".join(
        f"{from_key(pair['who'] or '')}: {'–' if pair['said'] is None else pair['said']}" for pair in pairs
    )


def as_csv(sheet: Sequence[SheetRow]) -> str:
    """Cells that no spreadsheet runs; `review_files` undoes that."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(sheet[0] if sheet else ())
    for row in sheet:
        writer.writerow(csv_cell(_cell(value)) for value in row.values())
    return file.getvalue()


def as_jsonl(sheet: Iterable[SheetRow]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n" for row in sheet)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = str(value)
    return text if len(text) <= MAX_CELL else text[: MAX_CELL - 1] + "…"


def _list(values: object) -> list[str]:
    return cast("list[str]", values or [])
