"""The judges as they are configured, nobody asked: prompt, labelled answers, and whom they judge."""

from evalpipe.answering.judging import load_judge_prompt
from evalpipe.core.errors import ConfigError
from evalpipe.core.keys import from_key
from evalpipe.line.health.finding import Finding, bad, ok, warning
from evalpipe.line.judge_versions import JUDGE, judge_key, judge_options, judge_place, labelled_path
from evalpipe.line.labelled import read_labelled
from evalpipe.line.project import Project
from evalpipe.scorers.judge import JudgeOptions

JUDGES = "judges"
FEWEST_LABELLED = 50  # at 85% agreement their interval is 20 points wide; below that, little is known of the judge


def judges(project: Project) -> list[Finding]:
    """Each judge's template holds the quoted answer, its labelled answers can be read, and it does not judge itself."""
    findings: list[Finding] = []
    for bank, section in project.config.file.banks.items():
        for kind, scorer in section.scorers.items():
            if scorer.name == JUDGE:
                findings += _judge(project, bank, kind, judge_options(scorer))
    return findings or [ok(JUDGES, "none: no bank is scored by a model")]


def _judge(project: Project, bank: str, kind: str, options: JudgeOptions) -> list[Finding]:
    config, where = project.config, judge_place(bank, kind)
    findings: list[Finding] = []
    try:
        load_judge_prompt(where, options, config.path.parent)
    except ConfigError as error:
        findings.append(bad(JUDGES, str(error), f"Correct the template of {where}; docs/judge.md shows one."))
    path = labelled_path(config, options)
    labelled = None
    try:
        labelled = read_labelled(path) if path else []
    except ConfigError as error:
        findings.append(bad(JUDGES, f"{where} {error}", "Correct the line, or the path in `labelled`."))
    if labelled is not None and len(labelled) < FEWEST_LABELLED:
        has = f"{len(labelled)} labelled answers" if labelled else "it is never compared with people"
        mend = f"Let people judge {FEWEST_LABELLED} answers or more, and name the file in `labelled`."
        findings.append(warning(JUDGES, f"{where}: {has}", mend))
    judge = judge_key(options)
    own = config.models[judge].family if judge in config.models else None
    kin = [
        key
        for key, model in config.models.items()
        if {"*", bank} & set(model.banks) and (key == judge or (own and model.family == own))
    ]
    if kin:
        what = f"{where}: {options.model} judges answers of its own or its family: {', '.join(map(from_key, kin))}"
        findings.append(warning(JUDGES, what, "Judges favour what sounds like themselves: take another model."))
    if findings:
        return findings
    return [ok(JUDGES, f"{where}: {options.model}, compared with people on {len(labelled or []):,} answers")]
