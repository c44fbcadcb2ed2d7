"""The lake at one moment: what is written later is no part of it, and nothing is ever written to it."""

import polars as pl
import pytest

from evalpipe.core.errors import LakeError
from evalpipe.store.lake import Lake
from evalpipe.store.moment import NOT_THERE, moment_of
from evalpipe.store.tables import TABLES


def decided(*drops: str) -> pl.DataFrame:
    return pl.DataFrame({"drop": drops, "decision": "retire", "by": "ann", "why": "old", "at": None})


def drops_of(lake: Lake) -> list[str]:
    return lake.read("decisions")["drop"].sort().to_list()


def test_a_moment_stays_what_it_was_when_it_was_first_read(tmp_path):
    """Later rows do not appear, nor does a table that was not there; the versions say which moment it is."""
    lake = Lake(tmp_path)
    lake.append("decisions", decided("one"))
    moment = moment_of(lake)
    assert drops_of(moment) == ["one"]
    assert moment.read("drops").is_empty()
    lake.append("decisions", decided("two"))
    lake.replace("drops", pl.DataFrame([{"drop": "one"}], schema=TABLES["drops"].columns), drop="one")
    assert drops_of(moment) == ["one"]
    assert moment.read("drops").is_empty()
    assert drops_of(lake) == ["one", "two"]
    assert moment.versions == {"decisions": 1, "drops": NOT_THERE}


def test_a_moment_cannot_be_written_and_a_lost_one_is_an_error(tmp_path):
    """A fault of ours raises at once; a version that the log does not have names the table."""
    lake = Lake(tmp_path)
    lake.append("decisions", decided("one"))
    moment = moment_of(lake)
    with pytest.raises(ValueError, match="can only be read"):
        moment.append("decisions", decided("two"))
    moment.versions["decisions"] = 99
    with pytest.raises(LakeError, match="decisions: the table cannot be read"):
        moment.read("decisions")


def test_versions_are_kept_for_a_year(tmp_path):
    """Delta's own 30 days would make a number of last month impossible to repeat."""
    lake = Lake(tmp_path)
    lake.append("decisions", decided("one"))
    opened = lake.open("decisions")
    assert opened is not None
    assert opened.metadata().configuration["delta.logRetentionDuration"] == "interval 365 days"
