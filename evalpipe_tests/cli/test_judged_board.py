"""`evalpipe leaderboard` beside judged scores."""

import json

import pytest

from evalpipe.line.rank import refresh_leaderboard
from evalpipe_tests.line.ingested import MADE
from evalpipe_tests.line.judged_line import honest, judged_project, run_cell
from evalpipe_tests.stub import Stub


@pytest.mark.parametrize("labelled", [False, True])
def test_a_judged_score_never_stands_alone(command, make_project, labelled):
    """Who judged, and how far it agrees with people; or a warning that nobody knows."""
    with Stub(honest) as stub:
        project = judged_project(make_project, stub, ["Paris", "Lyon"], 'labelled = "l.jsonl"' if labelled else "")
        rows = [{"question_id": "q0", "answer": f"Lyon {at}", "score": int(at == 0)} for at in range(10)]
        (project.config.path.parent / "l.jsonl").write_text("\n".join(map(json.dumps, rows)))
        run_cell(project)
    refresh_leaderboard(project, MADE)
    said = command(project, "leaderboard").out
    (told,) = json.loads(command(project, "leaderboard", "--json").out)
    assert told["judge"] == "the judge"
    if labelled:
        assert "judged by the judge, whose verdict is that of people on 0.90 (0.60 to 0.98) of 10 labelled" in said
        assert (told["judge_agreement"], told["n_judge_labelled"]) == (0.9, 10)
    else:
        assert "Warning: capitals: this judge (the judge) was never compared with people" in said
        assert told["judge_agreement"] is None
    # 9 of 10 is surely above a half and not surely above 0.8; never compared is nothing that a rule could pass.
    for at_least, verdict in ((0.5, "PASS" if labelled else "INCONCLUSIVE"), (0.8, "INCONCLUSIVE")):
        policy = project.config.path.parent / "policy.toml"
        policy.write_text(f'[[rules]]\nkind = "judge_agreement"\nbank = "capitals"\nat_least = {at_least}\n')
        (ruled,) = json.loads(command(project, "gate", str(policy), "--json").out)["rules"]
        assert (ruled["verdict"], ruled["n"]) == (verdict, 10 if labelled else None)
