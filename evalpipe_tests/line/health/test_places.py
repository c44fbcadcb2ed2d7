"""Lake, landing place, disk and Dagster's home that cannot be used: proved by trying, named with their path."""

import os
from collections import namedtuple

import polars as pl
import pytest

from evalpipe.line.health import examine
from evalpipe.line.health.places import FULL_BYTES, LOW_BYTES
from evalpipe_tests.line.health.looking import MODEL, only

_Usage = namedtuple("_Usage", "total used free")


@pytest.mark.parametrize(
    ("place", "check"), [("[lake]\nuri = '{}'\n", "lake"), ("[landing]\nuri = '{}'\n", "landing place")]
)
def test_a_file_in_the_place_of_a_folder(look, tmp_path, place, check):
    """Also where it stands further up the path."""
    (tmp_path / "taken").touch()
    for path in ("taken", "taken/below"):
        assert "is a file" in only(look(place.format(path), check), "bad").what


def test_a_lake_that_takes_no_writes(look):
    """Proved by writing, so root learns it too: not even root makes a folder in /sys."""
    finding = only(look("[lake]\nuri = '/sys/lake'\n", "lake"), "bad")
    assert "/sys/lake: cannot be written" in finding.what
    assert "right to write to /sys" in finding.mend


def test_a_lake_without_hard_links(look, monkeypatch):
    """Some network folders take files but no commit of a Delta table; the probe is a commit."""

    def refuse(*args, **kwargs):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr("evalpipe.store.lake.write_deltalake", refuse)
    assert "Operation not supported" in only(look("", "lake"), "bad").what


def test_a_broken_table_is_named_and_stops_no_other_check(make_project):
    """A table whose log is damaged, and one that another version made, are each named with their path."""
    project = make_project(MODEL)
    pl.DataFrame({"drop": ["d"]}).write_delta(project.lake.path("decisions"))
    (project.lake.path("cells") / "_delta_log").mkdir(parents=True)
    (project.lake.path("cells") / "_delta_log" / "00000000000000000000.json").write_text("{broken")
    findings = examine(project.config.path, offline=True)
    lake = {each.what.split(":")[0].rpartition("/")[2]: each for each in findings if each.check == "lake"}
    assert set(lake) == {"cells", "decisions"}
    assert "has no column" in lake["decisions"].what
    assert {"disk", "journal", "endpoints"} <= {each.check for each in findings}


def test_the_landing_place_is_missing_or_within_the_lake(look):
    """A missing one is a warning, `ingest` makes it; one among the tables is bad."""
    assert "evalpipe ingest" in only(look("", "landing place"), "warning").mend
    toml = "[landing]\nuri = 'data/lake/landing'\n"
    assert "within one another" in only(look(toml, "landing place"), "bad").what


@pytest.mark.parametrize(
    ("free", "level"), [(0, "bad"), (FULL_BYTES - 1, "bad"), (LOW_BYTES - 1, "warning"), (LOW_BYTES, "ok")]
)
def test_a_full_disk(look, monkeypatch, free, level):
    """Too little for one cell is bad, little is a warning; all places on one disk are told in one line."""
    monkeypatch.setattr("shutil.disk_usage", lambda _: _Usage(10**12, 10**12 - free, free))
    finding = look("", "disk")[0]
    assert finding.level == level
    assert "lake, landing place, dagster home" in finding.what
    assert ("the disk is full" in finding.what) == (level == "bad")


def test_a_disk_without_file_entries(look, monkeypatch):
    """A disk can be full with gigabytes left: no more files can be made."""
    real = os.statvfs

    def without_entries(path):
        fields = list(real(path))
        fields[5:8] = 1000, 0, 0  # f_files, f_ffree, f_favail
        return os.statvfs_result(fields)

    monkeypatch.setattr("os.statvfs", without_entries)
    assert "0 files can still be made" in look("", "disk")[0].what


@pytest.mark.parametrize(
    ("home", "what"), [("relative/home", "is relative"), ("/sys/home", "cannot be written"), ("{}/taken", "is a file")]
)
def test_dagsters_home_that_does_not_work(look, monkeypatch, tmp_path, home, what):
    """Each is named with the command that sets another."""
    (tmp_path / "taken").touch()
    monkeypatch.setenv("DAGSTER_HOME", home.format(tmp_path))
    finding = only(look("", "dagster home"), "bad")
    assert what in finding.what
    assert "export DAGSTER_HOME=" in finding.mend
