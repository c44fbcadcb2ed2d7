"""drop.toml: what it may say, and how it is told what it may not."""

import pytest

from evalpipe.core.errors import ConfigError
from evalpipe.sources import ColumnNames, DropSpec, load_spec
from evalpipe.sources.spec import id_pattern


def test_without_drop_toml_everything_is_as_usual(tmp_path):
    """A drop needs no drop.toml."""
    assert load_spec(tmp_path, "gsm8k") == DropSpec(bank="gsm8k")


def test_every_key_arrives(tmp_path):
    """What drop.toml says is what the spec holds."""
    (tmp_path / "drop.toml").write_text(
        'bank = "b"\nkind = "choice"\nquestion_id = "x-{row:03}"\nanswer_is = "index"\nindex_base = 1\n'
        'source = "s"\nlicence = "MIT"\nrevision = "r"\ndescription = "d"\n'
        '[columns]\nquestion = "q"\ntarget = "t"\nchoices = "c"\nsubject = "u"\ncluster = "l"\n'
        'worked_solution = "w"\nanswer_field = "f"\nkind = "k"\ntrusted = "v"\n'
    )
    columns = ColumnNames(
        question="q",
        target="t",
        choices="c",
        subject="u",
        cluster="l",
        worked_solution="w",
        answer_field="f",
        kind="k",
        trusted="v",
    )
    assert load_spec(tmp_path, "other") == DropSpec(
        "b", "choice", "x-{row:03}", "index", 1, "s", "MIT", "r", "d", columns
    )


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ('bnak = "x"', ["`bnak`", "bank"]),
        ("[columns]\nquestoin = 'x'", ["`columns.questoin`", "columns.question"]),
        ("columns = 'question'", ["[columns]"]),
        ("bank = 3", ["`bank`", "text in quotes"]),
        ("bank = ''", ["`bank`", "not empty"]),
        ("[columns]\ntarget = ['a']", ["`columns.target`"]),
        ("kind = 'numeric'", ["`kind`", '"choice", "multi_choice", "number", "math", "text", "json"']),
        ("answer_is = 'digit'", ["`answer_is`", '"letter", "index", "text"']),
        ("index_base = 2", ["`index_base`", "0, 1"]),
        ("index_base = true", ["`index_base`", "0, 1"]),
        ("index_base = '1'", ["`index_base`", "0, 1"]),
        ("question_id = 'a'\n[columns]\nquestion_id = 'b'", ["both"]),
        ("question_id = '{row.__class__}'", ["`question_id`", "{row:0N}"]),
        ("question_id = '{row:04}-{drop}'", ["`question_id`", "{row:0N}"]),
        ("question_id = '{row:013}'", ["`question_id`", "1 to 12"]),
        ("question_id = '{row:4}'", ["`question_id`", "1 to 12"]),
        ("question_id = '{row!r}'", ["`question_id`"]),
        ("question_id = '{{row}}'", ["`question_id`"]),
        ("question_id = '{}'", ["`question_id`"]),
        ("question_id = 'q-{row'", ["`question_id`"]),
        ("bank = ", ["not TOML"]),
        ("bank = " + "[" * 5000, ["nested too deep"]),
        ("index_base = " + "9" * 5000, ["not TOML"]),
    ],
)
def test_what_does_not_fit_is_named(tmp_path, toml, said):
    """Each error names the file, the key and what is allowed."""
    (tmp_path / "drop.toml").write_text(toml)
    with pytest.raises(ConfigError) as error:
        load_spec(tmp_path, "bank")
    assert all(one in str(error.value) for one in [f"{tmp_path.name}/drop.toml", *said])
    assert len(str(error.value)) < 500


@pytest.mark.parametrize("content", [b"bank = '\xff'", b"\xff\xfeb\x00"])
def test_bytes_that_are_not_utf8_are_refused(tmp_path, content):
    """drop.toml in another encoding is a clear error."""
    (tmp_path / "drop.toml").write_bytes(content)
    with pytest.raises(ConfigError, match="UTF-8"):
        load_spec(tmp_path, "bank")


def test_a_folder_of_that_name_is_refused(tmp_path):
    """drop.toml that cannot be opened is a clear error."""
    (tmp_path / "drop.toml").mkdir()
    with pytest.raises(ConfigError, match="cannot be read"):
        load_spec(tmp_path, "bank")


@pytest.mark.parametrize(
    ("pattern", "row", "question_id"),
    [
        ("gsm8k-test-{row:04}", 7, "gsm8k-test-0007"),
        ("{row}", 12, "12"),
        ("a{row:02}b{row}c", 123, "a123b123c"),
        ("%s-{row:012}", 1, "%s-000000000001"),
    ],
)
def test_a_pattern_numbers_rows(pattern, row, question_id):
    """A pattern's row number is padded to its width and never cut."""
    found = id_pattern(pattern)
    assert found is not None
    assert found.of(row) == question_id


def test_a_name_without_braces_is_a_column():
    """A column's name is no pattern."""
    assert id_pattern("uid") is None
