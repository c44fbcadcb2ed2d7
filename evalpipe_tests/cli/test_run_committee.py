"""`evalpipe run` with a committee: in one process what the sensors do."""

from evalpipe.line.votes import committee_votes
from evalpipe_tests.stub import Reaction, Stub
from evalpipe_tests.sums import MODEL, add, put_drop, sums

TOML = """
[labels]
committee = ["judge-*"]

[models.judge-1]
backend = "openai_chat"
base_url = "{base_url}"
model = "dead"
max_retries = 0

[models.judge-2]
backend = "openai_chat"
base_url = "{base_url}"
model = "alive"
"""


def test_run_goes_on_without_a_member_whose_endpoint_is_down(command, make_project):
    """The member is named, the others are asked, the drop is scored; --limit holds for the committee too."""

    def answer(body):
        return Reaction("no such model", status=404) if body["model"] == "dead" else add(body)

    def asked(stub, model):
        return sum(body["model"] == model for body in stub.bodies)

    with Stub(answer) as stub:
        project = make_project(MODEL.format(base_url=stub.base_url, more="") + TOML.format(base_url=stub.base_url))
        put_drop(project, "sums", sums(range(20)))
        said = command(project, "run", "--limit", "7")
        assert said.code == 1
        assert "committee member judge-1 on sums: " in said.err
        assert (asked(stub, "alive"), asked(stub, "adder-1")) == (7, 7)
        assert command(project, "run").code == 1
        assert (asked(stub, "alive"), asked(stub, "adder-1")) == (20, 20)
    votes = committee_votes(project, "sums")
    assert set(votes["member"]) == {"judge-2"}
    assert votes["answer"].null_count() == 0
