"""Chinese school mathematics through the whole line: the reference system's own example, and ten of its kind."""

import polars as pl

from evalpipe.line.answer import answer_cell
from evalpipe.line.doubt import doubt_drop
from evalpipe.line.ingest import ingest_drop
from evalpipe.line.rescore import rescore
from evalpipe.line.validate import validate_drop
from evalpipe.telemetry.progress import Silent
from evalpipe_tests.line.recorded_line import MADE, board, model_toml, score

# Question, target, a right reply, a wrong one (None: one that says nothing).
ASKED = [
    (
        "若 a+b=3 且 a²+b²=7,求 ab", "1",
        "由 $(a+b)^2=a^2+2ab+b^2$，得 $9=7+2ab$，所以 $ab=1$。", "所以 $ab=2$。",
    ),
    ("解方程 $2x+3=11$", "x=4", "移项得 $2x=8$，解得 $x=4$。", "解得 $x=7$。"),
    (
        "计算 $\\sqrt{12}+\\sqrt{27}$", "5\\sqrt{3}",
        "原式$=2\\sqrt{3}+3\\sqrt{3}$，答案是 $\\boxed{5\\sqrt{3}}$。", "\\boxed{\\sqrt{39}}",
    ),
    ("因式分解 $x^2-5x+6$", "(x-2)(x-3)", "答案：$(x-3)(x-2)$", "答案：$(x+2)(x+3)$"),
    ("解不等式 $2x-6>0$", "x>3", "两边同除以2，因此 $x>3$。", "因此 $x<3$。"),
    ("解方程 $x^2-x-6=0$", "x=3或x=-2", "因式分解得 $(x-3)(x+2)=0$，所以 $x=-2$ 或 $x=3$。", "所以 $x=3$。"),
    ("一个圆的半径是3，求它的面积。", "9\\pi", "面积为 $\\pi r^2$，即 $\\boxed{9\\pi}$。", "\\boxed{6\\pi}"),
    (
        "求 $\\sin 30^\\circ$ 的值", "\\frac{1}{2}",
        "$\\sin 30^\\circ=\\dfrac{1}{2}$，故答案为 $\\dfrac12$。", "故答案为 $\\dfrac{\\sqrt{3}}{2}$。",
    ),
    (
        "甲数是20，乙数比甲数多四分之一，乙数是多少？", "25",
        "乙数：20×(1+1/4)=25。\n答：乙数是25。", "答：乙数是二十四。",
    ),
    (
        "已知点A(1,2)，求它关于x轴的对称点。", "(1,-2)",
        "横坐标不变，纵坐标变号，所以对称点是 $(1,-2)$。", "所以对称点是 $(-1,2)$。",
    ),
    ("40人的班里有30人及格，及格率是多少？", "75%", "及格率为 $30\\div 40=0.75$，\n答案：75%", None),
]  # fmt: skip


def test_eleven_questions_of_chinese_school_mathematics(make_project, tmp_path):
    """Read, compared and ranked: every right reply is right, no wrong one passes, and silence is unparsed."""
    said = {
        "right": [reply for _, _, reply, _ in ASKED],
        "wrong": [reply or "这道题我不会做。" for *_, reply in ASKED],
    }
    rows = [
        {"question_id": f"q{at}", "model": model, "completion": reply}
        for model, replies in said.items()
        for at, reply in enumerate(replies)
    ]
    pl.DataFrame(rows).write_parquet(tmp_path / "answers.parquet")
    project = make_project("".join(model_toml(tmp_path, model) for model in said))
    folder = project.landing.root / "school"
    folder.mkdir(parents=True)
    questions = [
        {"question_id": f"q{at}", "question": text, "answer": target, "kind": "math"}
        for at, (text, target, _, _) in enumerate(ASKED)
    ]
    pl.DataFrame(questions).write_ndjson(folder / "questions.jsonl")
    (folder / "_SUCCESS").touch()
    ingest_drop(project, "school", MADE, Silent())
    doubt_drop(project, "school", MADE)
    validate_drop(project, "school", MADE)
    for model in said:
        for shard in project.lake.read("shards")["shard"]:
            answer_cell(project, model, shard, MADE, Silent())
    score(project)
    scores = project.lake.read("scores")
    misread = scores.filter((pl.col("score") == 1.0).fill_null(False) != (pl.col("model") == "right"))
    assert misread.is_empty(), misread.select("question_id", "model", "extracted", "score").to_dicts()
    rows = {row["model"]: row for row in board(project).filter(pl.col("subject").is_null()).to_dicts()}
    assert (rows["right"]["accuracy"], rows["right"]["right"]) == (1.0, len(ASKED))
    assert (rows["wrong"]["right"], rows["wrong"]["wrong"], rows["wrong"]["unparsed"]) == (0, len(ASKED) - 1, 1)
    # Scored again by two processes, each with a process of its own for mathematics: the same.
    again = rescore(project, Silent(), workers=2)
    assert (again.rows, again.verdicts.height, again.read_otherwise, again.trouble) == (2 * len(ASKED), 0, 0, ())
