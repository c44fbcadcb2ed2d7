"""A bank that a stub can answer: sums. Drops of them, and the configuration of a model that adds."""

import json
import re
from collections.abc import Iterable
from pathlib import Path

from evalpipe.line.project import Project

_SUM = re.compile(r"What is (\d+) plus (\d+)\?")

MODEL = """
[models.adder]
backend = "openai_chat"
base_url = "{base_url}"
model = "adder-1"
banks = ["*"]
automatic = true
max_retries = 0
{more}
"""


def sums(numbers: Iterable[int], wrong: Iterable[int] = ()) -> list[dict[str, str]]:
    """Question `sum-N` asks for N + 7; those in `wrong` have a label that is off by one."""
    mistaken = set(wrong)
    return [
        {"question_id": f"sum-{n}", "question": f"What is {n} plus 7?", "answer": str(n + 7 + (n in mistaken))}
        for n in numbers
    ]


def put_drop(project: Project, name: str, rows: Iterable[dict[str, str]], toml: str = "", whole: bool = True) -> Path:
    """A drop in the landing place, with `_SUCCESS` where it is `whole`."""
    folder = project.landing.root / name
    folder.mkdir(parents=True)
    (folder / "questions.jsonl").write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    if toml:
        (folder / "drop.toml").write_text(toml)
    if whole:
        (folder / "_SUCCESS").touch()
    return folder


def numbers_of(body: dict) -> tuple[int, int]:
    """The two numbers that a request asks to add: those of its last message."""
    found = _SUM.search(body["messages"][-1]["content"])
    assert found, body
    return int(found[1]), int(found[2])


def add(body: dict) -> str:
    one, other = numbers_of(body)
    return f"Answer: {one + other}"
