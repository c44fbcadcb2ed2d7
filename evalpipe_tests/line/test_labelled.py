"""Files of answers that people have judged."""

import pytest

from evalpipe.core.errors import ConfigError
from evalpipe.line.labelled import Labelled, read_labelled


@pytest.mark.parametrize(
    ("name", "text", "rows"),
    [
        (
            "a.jsonl",
            '\ufeff{"question_id": "q1", "answer": "Paris", "score": 1}\n\n'
            '{"question": "Capital?", "targets": ["Rome"], "answer": "Lyon", "score": false}\n',
            [Labelled("q1", None, (), "Paris", True), Labelled(None, "Capital?", ("Rome",), "Lyon", False)],
        ),
        (
            "a.csv",
            'question_id,question,targets,answer,score\nq1,,,"Par\nis",1\n'
            ',Capital?,"[""Rome"", ""Roma""]",Lyon,0\n,C?,Rome,x,0.0\n',
            [
                Labelled("q1", None, (), "Par\nis", True),
                Labelled(None, "Capital?", ("Rome", "Roma"), "Lyon", False),
                Labelled(None, "C?", ("Rome",), "x", False),
            ],
        ),
        ("empty.jsonl", "", []),
    ],
)
def test_rows_are_read(tmp_path, name, text, rows):
    """By id, or with a question of their own; a list of targets, or one."""
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert read_labelled(tmp_path / name) == rows


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "no JSON"),
        ("[]", "a JSON object is expected"),
        ('{"question_id": "q", "answer": "a"}', "`score` is None. Write 1 for right, 0 for wrong"),
        ('{"question_id": "q", "answer": "a", "score": 0.5}', "`score` is '0.5'"),
        ('{"question_id": "q", "score": 1}', "`answer` is empty"),
        ('{"question": "q", "answer": "a", "score": 1}', "`targets` is empty"),
        ('{"answer": "a", "score": 1}', "it names no question"),
    ],
)
def test_a_bad_row_is_named_with_file_and_line(tmp_path, line, said):
    """A judge is not compared with half a file."""
    (tmp_path / "l.jsonl").write_text('{"question_id": "q", "answer": "a", "score": 1}\n' + line + "\n")
    with pytest.raises(ConfigError) as refused:
        read_labelled(tmp_path / "l.jsonl")
    assert str(refused.value).startswith(f"{tmp_path / 'l.jsonl'}:2: ")
    assert said.replace("'0.5'", "0.5") in str(refused.value)
