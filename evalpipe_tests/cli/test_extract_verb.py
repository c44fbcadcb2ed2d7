"""`evalpipe extract`: what it prints for people and machines, and what it refuses."""

import io
import json
import subprocess
import sys

import pytest

from evalpipe.cli.main import main

CITIES = ("--choices", "Paris", "--choices", "Rome")


class Piped(io.TextIOWrapper):
    """Standard input as bytes, as a pipe gives them."""

    def __init__(self, data: bytes, terminal: bool = False) -> None:
        super().__init__(io.BytesIO(data), encoding="utf-8")
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


@pytest.fixture
def typed(monkeypatch, capsys):
    """`typed("Answer: B", "--kind", "choice", ...)`: exit code, stdout, stderr."""

    def run(reply, *words, terminal=False):
        monkeypatch.setattr(sys, "argv", ["evalpipe", "extract", *words])
        monkeypatch.setattr(sys, "stdin", Piped(reply if isinstance(reply, bytes) else reply.encode(), terminal))
        code = 0
        try:
            main()
        except SystemExit as end:
            code = end.code or 0
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def test_json_is_one_line_with_exactly_these_keys(typed):
    """What a program reads: the letter, the rule, the span into the text as it came, the rest."""
    code, out, _ = typed("So.\r\nAnswer: B", "--kind", "choice", *CITIES, "--json")
    found = json.loads(out)
    assert (code, out.count("\n")) == (0, 1)
    assert found == {
        "extracted": "B", "rule": "answer_label", "span": [13, 14], "candidates": [],
        "confidence": found["confidence"], "reason": "",
    }  # fmt: skip


@pytest.mark.parametrize("reply", ["", "I don't know.", b"\xff\xfe\x00", "<think>Answer: B"])
def test_unparsed_is_a_result(typed, reply):
    """No answer: null, a reason, exit code 0."""
    code, out, _ = typed(reply, "--kind", "choice", *CITIES, "--json")
    found = json.loads(out)
    assert code == 0
    assert (found["extracted"], found["span"]) == (None, None)
    assert found["reason"]


def test_fields_fall_back_in_their_order(typed):
    """--field twice: the second where the first is missing."""
    _, out, _ = typed('{"result": 0.50, "total": 7}', "--kind", "json", "--field", "sum", "--field", "result", "--json")
    assert json.loads(out)["extracted"] == "0.5"


def test_people_see_the_place(typed):
    """The span is marked in the text, rules are listed on demand, and markup of the reply is shown, not obeyed."""
    code, out, _ = typed("[red]The answer is Paris. \x1b[31m", "--kind", "text", "--explain")
    assert code == 0
    assert "[red]The answer is ▶Paris◀." in out
    assert "\x1b" not in out
    assert "json_field" in out
    assert "passed on" in out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--kind", "chioce"], "Kinds: choice"),
        (["--kind", "choice"], "--choices TEXT"),
        (["--kind", "choice", *["--choices", "x"] * 27], "27 choices"),
    ],
)
def test_wrong_use_says_what_to_do(typed, words, says):
    """Exit code 2, and a sentence."""
    code, _, err = typed("B", *words)
    assert code == 2
    assert says in " ".join(err.split())


def test_a_terminal_is_no_reply(typed):
    """Without a pipe the command says how to give it a reply instead of waiting."""
    code, _, err = typed("", "--kind", "number", terminal=True)
    assert code == 2
    assert "< reply.txt" in err


def test_a_closed_standard_input_is_no_reply_either(monkeypatch, capsys):
    """`<&-`: wrong use with a sentence, not a traceback."""
    monkeypatch.setattr(sys, "argv", ["evalpipe", "extract", "--kind", "number"])
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 2
    assert "standard input" in capsys.readouterr().err


def test_it_starts_without_the_line():
    """The verb imports neither polars nor Dagster: people call it a hundred times."""
    script = "import sys; from evalpipe.cli.main import verbs; verbs(['extract']); print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert not {"polars", "dagster", "pydantic", "numpy"} & set(done.stdout.split())
