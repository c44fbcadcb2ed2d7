"""The file and the packages do not fit: named before anything else is looked at."""

import json
from importlib import metadata

import pytest

from evalpipe.line.health import examine
from evalpipe_tests.line.health.looking import MODEL, only
from evalpipe_tests.sums import put_drop, sums


def test_a_healthy_project_has_nothing_bad_and_nothing_left_behind(make_project):
    """All checks speak, none finds anything, and the folder is afterwards as it was."""
    project = make_project(MODEL)
    put_drop(project, "sums", sums(range(3)))
    root = project.config.path.parent
    before = sorted(path for path in root.rglob("*"))
    findings = examine(project.config.path, offline=True)
    assert {each.level for each in findings} == {"ok"}, findings
    assert len({each.check for each in findings}) >= 11
    assert sorted(path for path in root.rglob("*")) == before


@pytest.mark.parametrize(
    ("toml", "what", "mend"),
    [
        ("[lake\n", "not valid TOML", "Correct the file at that line"),
        ("[lake]\nurl = 'x'\n", "unknown key. Allowed here: uri", "remove that key"),
        ("[shards]\nsize = 'many'\n", "shards.size", "Correct"),
        (MODEL + "max_in_flight = 0\n", "models.m.max_in_flight", "Correct"),
        (MODEL + "api_key = 'sk-secret-0123456789'\n", "models.m.api_key", "environment"),
        (MODEL + "prompt = 'brief'\n", "no such prompt; there are: none is defined", "Correct"),
        ("[landing]\nuri = 's3://bucket/drops'\n", "only `[lake] uri` may be s3://", "Correct"),
        ("[models.m]\nbackend = 'openai'\nbanks = ['*']\n", "openai_chat", "Correct"),
    ],
)
def test_a_configuration_that_does_not_fit(look, toml, what, mend):
    """The key and the reason are named; a value is not shown, it could be a key."""
    finding = only(look(toml, "configuration"), "bad")
    assert what in finding.what
    assert mend in finding.mend
    assert "sk-secret" not in finding.what


def test_a_configuration_in_another_encoding(tmp_path):
    """A file that is not UTF-8 is said to be so."""
    (tmp_path / "evalpipe.toml").write_bytes(b"# caf\xe9\n")
    findings = examine(tmp_path / "evalpipe.toml", offline=True)
    assert only([each for each in findings if each.check == "configuration"], "bad").mend == "Save the file as UTF-8."


@pytest.mark.parametrize("named", [True, False])
def test_no_configuration(tmp_path, monkeypatch, named):
    """The mend tells a wrong variable from a wrong folder; what needs no configuration is looked at all the same."""
    monkeypatch.chdir(tmp_path)
    if named:
        monkeypatch.setenv("EVALPIPE_CONFIG", str(tmp_path / "gone.toml"))
    findings = {each.check: each for each in examine(offline=True)}
    assert findings["configuration"].level == "bad"
    assert ("gone.toml" if named else "evalpipe.toml") in findings["configuration"].what
    assert ("Let EVALPIPE_CONFIG name" if named else "Change into") in findings["configuration"].mend
    assert findings["packages"].level == "ok"


def test_two_models_of_one_name_are_named_too(look):
    """What only the loader finds is told in its words."""
    entry = "backend = 'recorded'\nbanks = ['*']\npath = 'r.jsonl'\nmodels = '*'\n"
    rows = [{"question_id": "1", "model": name, "completion": "2"} for name in ("one", "two")]
    text = "".join(json.dumps(row) + "\n" for row in rows)
    finding = only(look(f"[models.r]\n{entry}[models.s]\n{entry}", "configuration", r_jsonl=text), "bad")
    assert "two models named 'one'" in finding.what


def test_another_version_of_dagster(look, monkeypatch, tmp_path):
    """A version that is not the pinned one, and a package that is missing, are each named."""
    info = tmp_path / "site" / "dagster-1.13.29.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: dagster\nVersion: 1.13.29\n")
    monkeypatch.syspath_prepend(str(info.parent))
    finding = only(look("", "packages"), "bad")
    assert "dagster is 1.13.29, evalpipe needs exactly 1.13.27" in finding.what
    assert "requirements.lock" in finding.mend

    def missing(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)
    assert "dagster is not installed" in look("", "packages")[0].what
