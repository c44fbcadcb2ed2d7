"""The policy of the gate, as its page shows it."""

import re
from pathlib import Path

from evalpipe.config.policy import KINDS, load_policy

PAGE = Path(__file__).parents[2] / "docs" / "comparison.md"


def test_the_policy_in_the_docs_fits(tmp_path):
    """It loads, has a rule of each kind, and every key that it comments out can be put in."""
    (text,) = re.findall(r"```toml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    policy = tmp_path / "policy.toml"
    for shown in (text, re.sub(r"# (by|subject|name|baseline_at) =", r"\1 =", text)):
        policy.write_text(shown)
        assert {rule.model_dump()["kind"] for rule in load_policy(policy).rules} == set(KINDS)
