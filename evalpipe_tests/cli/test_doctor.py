"""`evalpipe doctor` as a user types it: what it prints, in which form, and its exit code."""

import json
import socket
from types import SimpleNamespace

import pytest

from evalpipe_tests.stub import Reaction, Stub
from evalpipe_tests.sums import MODEL, put_drop, sums

KEY = "sk-wrong-0123456789"


@pytest.fixture
def unopened(tmp_path):
    """`unopened(toml)`: a project whose configuration may be too broken to open."""

    def build(toml: str):
        (tmp_path / "evalpipe.toml").write_text(toml)
        return SimpleNamespace(config=SimpleNamespace(path=tmp_path / "evalpipe.toml"))

    return build


def test_a_healthy_project(command, make_project):
    """Exit code 0, one line a check, one request a model; the same as JSON."""
    with Stub(lambda body: "ready") as stub:
        project = make_project(MODEL.format(base_url=stub.base_url, more=""))
        put_drop(project, "sums", sums(range(3)))
        said = command(project, "doctor")
        assert said.code == 0, said.out
        assert "0 bad, 0 warnings, 15 fine" in said.out
        assert len(stub.requests) == 1
        told = json.loads(command(project, "doctor", "--json").out)
    assert (told["healthy"], told["bad"], told["warnings"]) == (True, 0, 0)
    assert {each["level"] for each in told["findings"]} == {"ok"}
    assert {each["mend"] for each in told["findings"]} == {None}


def test_warnings_alone_are_fine(command, unopened):
    """Nothing to evaluate yet is no failure: exit code 0, and the warning has its mend."""
    said = command(unopened(""), "doctor", "--json")
    assert said.code == 0
    told = json.loads(said.out)
    assert told["healthy"]
    assert told["warnings"] == 2
    assert all(each["mend"] for each in told["findings"] if each["level"] == "warning")


@pytest.mark.parametrize("as_json", [True, False])
def test_everything_wrong_at_once(command, unopened, monkeypatch, tmp_path, as_json):
    """Each fault is told beside the others, with its mend; exit code 1; the key and escape codes are nowhere."""
    monkeypatch.setenv("KEY_OF_M", f" {KEY} ")
    (tmp_path / "taken").touch()
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    dead = MODEL.replace("models.adder", "models.dead").format(base_url=f"http://127.0.0.1:{port}/v1", more="")
    with Stub(lambda body: Reaction(status=401, text=f"\x1b[31mwho is {KEY}?")) as stub:
        toml = MODEL.format(base_url=stub.base_url, more="api_key_env = 'KEY_OF_M'\nprompt = 'p'") + dead
        toml += "[models.r]\nbackend = 'recorded'\nbanks = ['*']\npath = 'none.jsonl'\nmodels = '*'\n"
        toml += "[prompts.p]\ntemplate = 'none.j2'\n[lake]\nuri = 'taken'\n[landing]\nuri = 'taken/landing'\n"
        said = command(unopened(toml), "doctor", *(["--json"] if as_json else []))
    assert said.code == 1
    for text in (said.out, said.err):
        assert KEY not in text
        assert "\x1b" not in text
    expected = {"keys", "prompts", "recorded answers", "lake", "landing place", "endpoints"}
    if as_json:
        told = json.loads(said.out)
        assert expected <= {each["check"] for each in told["findings"] if each["level"] != "ok"}
        assert all(each["mend"] for each in told["findings"] if each["level"] != "ok")
        assert told["bad"] >= 6
        assert not told["healthy"]
    else:
        assert said.out.count("→") >= 7
        assert all(f"{check}: " in said.out for check in expected)
        assert "HTTP 401" in said.out
        assert "Connection refused" in said.out


def test_a_configuration_that_does_not_load(command, unopened):
    """It is a finding like any other, exit code 1, in JSON too."""
    said = command(unopened("[lake]\nurl = 'x'\n[landing]\nsettle = 3\n"), "doctor", "--json")
    assert said.code == 1
    wrong = [each for each in json.loads(said.out)["findings"] if each["level"] == "bad"]
    assert ["lake.url" in wrong[0]["what"], "landing.settle" in wrong[1]["what"], len(wrong)] == [True, True, 2]


def test_offline_asks_nobody(command, make_project):
    """With --offline no request is sent."""
    with Stub(lambda body: "ready") as stub:
        assert command(make_project(MODEL.format(base_url=stub.base_url, more="")), "doctor", "--offline").code == 0
        assert not stub.requests


@pytest.mark.parametrize("wait", ["0", "-1", "nan", "3601", "soon"])
def test_a_wait_that_is_none(command, unopened, wait):
    """Wrong use is exit code 2, before anything is looked at."""
    assert command(unopened(""), "doctor", "--wait", wait).code == 2


def test_waiting_says_so(command, make_project):
    """What lasts over two seconds is remarked on stderr, so that stdout stays JSON."""
    with Stub(lambda body: Reaction(delay_s=30)) as stub:
        project = make_project(MODEL.format(base_url=stub.base_url, more=""))
        said = command(project, "doctor", "--wait", "2.3", "--json")
    assert "waiting for adder" in said.err
    assert not json.loads(said.out)["healthy"]


def test_the_help_says_that_it_asks(command, unopened):
    """A request may cost something, so the help tells of it, and how to leave it out."""
    said = command(unopened(""), "doctor", "--help")
    assert "ONE short chat completion" in " ".join(said.out.split())
    assert "--offline" in said.out
