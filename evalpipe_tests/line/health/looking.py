"""What the tests of the doctor share: a model that nobody asks, and a word for the one finding of a check."""

from evalpipe.line.health import Finding

CHAT = '[models.m]\nbackend = "openai_chat"\nbase_url = "http://127.0.0.1:9/v1"\nmodel = "m"\nautomatic = true\n'
MODEL = CHAT + 'banks = ["*"]\n'


def only(findings: list[Finding], level: str) -> Finding:
    """The one finding, of this level, with a mend unless it is fine."""
    assert [each.level for each in findings] == [level], findings
    assert bool(findings[0].mend) == (level != "ok")
    return findings[0]
