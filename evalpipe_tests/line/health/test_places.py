"""Lake, landing place, disk and Dagster's home that cannot be used: proved by trying, named with their path."""

import errno
import os
from collections import namedtuple

import pytest

from evalpipe.line.health import examine
from evalpipe.line.health.places import FULL_BYTES, LOW_BYTES
from evalpipe.store.journal import cell_journal
from evalpipe.store.objects import Objects
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


def test_a_lake_on_a_full_disk(look, monkeypatch):
    """The bytes are forced to the disk, so a full one shows; the mend is room, not rights."""

    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    assert "Make room" in only(look("", "lake"), "bad").mend


def test_a_lake_without_hard_links(look, monkeypatch):
    """Some network folders take files but no commit of a Delta table; the probe is a commit."""

    def refuse(*args, **kwargs):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr("evalpipe.store.lake.write_deltalake", refuse)
    assert "Operation not supported" in only(look("", "lake"), "bad").what


def test_a_broken_table_is_named_and_stops_no_other_check(make_project):
    """A table whose log is damaged is named with its path; what else can be looked at is looked at."""
    project = make_project(MODEL)
    log = project.lake.path("drops") / "_delta_log"
    log.mkdir(parents=True)
    (log / "00000000000000000000.json").write_text("{broken")
    findings = examine(project.config.path, offline=True)
    broken = only([each for each in findings if each.check == "lake"], "bad")
    assert str(project.lake.path("drops")) in broken.what
    assert "Restore" in broken.mend
    assert {"disk", "journal", "endpoints"} <= {each.check for each in findings if each.level == "ok"}


def test_the_landing_place_is_missing_or_holds_the_lake(look):
    """A missing one is a warning, `ingest` makes it; one with the tables in it is bad, and is told once."""
    assert "evalpipe ingest" in only(look("", "landing place"), "warning").mend
    toml = "[landing]\nuri = 'data'\n[lake]\nuri = 'data/lake'\n"
    assert "lies in the landing place" in only(look(toml, "landing place"), "bad").what
    assert look(toml, "configuration") == []


def test_a_name_too_long_for_a_drop(look, tmp_path):
    """Such a folder would wait for ever without a word."""
    (tmp_path / "data" / "landing" / ("long" * 60)).mkdir(parents=True)
    assert only(look("", "landing place"), "warning").mend == "Rename the folder."


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


def on_s3(lake) -> str:
    return f'[lake]\nuri = "{lake.place}"\n'


def test_a_lake_on_s3_is_proved_by_writing_there(look, s3_lake):
    """Its server keeps conditional puts, a table can be committed beside the others, and nothing of it is left."""
    assert "writable, conditional puts are kept" in only(look(on_s3(s3_lake), "lake"), "ok").what
    assert list(Objects(s3_lake.place).list()) == []
    assert "for landing place, dagster home" in look(on_s3(s3_lake), "disk")[0].what
    assert only(look(on_s3(s3_lake), "journal"), "ok").what == "no answers wait in it"
    assert only(look(on_s3(s3_lake), "drops"), "ok")
    with cell_journal(s3_lake, "gone", "sums.0000").segment("dead-run") as segment:
        segment.write([{"text": "x" * 100_000}] * 2)
    finding = only(look(on_s3(s3_lake) + MODEL, "journal"), "warning")
    assert "0.2 MB of answers in 1 segments are of models that are not configured: gone" in finding.what


def test_a_lake_on_s3_that_is_broken_or_not_there(look, s3_lake):
    """A damaged log is named with its table; a bucket that is missing with what to do. Other checks go on."""
    Objects(s3_lake.path("drops")).put("_delta_log/00000000000000000000.json", b"{broken")
    assert f"{s3_lake.path('drops')}: the table cannot be read" in only(look(on_s3(s3_lake), "lake"), "bad").what
    assert "Create the bucket" in only(look("[lake]\nuri = 's3://no-such-bucket/lake'\n", "lake"), "bad").what
