"""`evalpipe compare` and `evalpipe power` as a person and a program read them."""

import json

import pytest

from evalpipe_tests.line.recorded_line import answered_project

# up is right on all but q0; down on the first ten alone; twin says what up says.
ANSWERS = {"up": ["B", *"A" * 39], "down": [*"A" * 10, *"C" * 28, None, None], "twin": ["B", *"A" * 39]}


@pytest.fixture
def project(make_project, tmp_path):
    return answered_project(make_project, tmp_path, ANSWERS)


def test_x(command, project):
    f = open("/tmp/cmpx/out", "w")
    print = lambda *a: f.write(" ".join(str(x.out + x.err if hasattr(x, "code") else x) for x in a) + "\n")
    said = command(project, "compare", "up", "down")
    print(said.out, said.err)
    said = command(project, "compare", "up", "down", "twin", "--subjects")
    print(said.out, said.err)
    print(json.dumps(json.loads(command(project, "compare", "up", "down", "--json").out)[0])[:1500])
    print(command(project, "compare", "up", "nobody"))
    print(command(project, "compare", "up", "down", "--bank", "x"))
    print(command(project, "power", "--pairs", "150000", "--discordant", "0.1", "--one-sided"))
    print(command(project, "power", "--difference", "0.002", "--discordant", "0.1"))
    print(command(project, "power", "--help").out)
    assert 0
