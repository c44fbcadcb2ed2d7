"""Label Studio's formats: the configuration, the tasks that it imports, and both JSON formats that it exports."""

import json
import xml.etree.ElementTree as ET

import pytest

from evalpipe.labels.review.files import read_reviews
from evalpipe.labels.review.label_studio import labeling_config, tasks
from evalpipe.labels.review.sheets import sheet_row

QUESTION = {
    "bank": "b",
    "drop": "d d",
    "question_id": "q1",
    "question_version": "v",
    "text": "<b>1 + 1</b>?\n$x",
    "choices": ["2", "3"],
    "targets": ["B"],
    "worked_solution": None,
}
SUSPECT = {
    "suspicion": 0.9,
    "flagged": True,
    "signals": ["committee"],
    "reasons": ["2 of 2 say A"],
    "proposed_target": "A",
    "evidence": [{"who": "gpt", "said": "A"}, {"who": "llama", "said": None}],
}


def control(name: str, **value: object) -> dict[str, object]:
    kind = "textarea" if "text" in value else "choices"
    return {"id": name, "from_name": name, "to_name": "text", "type": kind, "value": value, "origin": "manual"}


def annotated(*annotations: dict[str, object], **data: object) -> dict[str, object]:
    data = {"bank": "b", "drop": "d", "question_id": "q1", "question_version": "v", "text": "?", **data}
    return {"id": 17, "data": data, "annotations": list(annotations), "predictions": [], "drafts": [], "project": 1}


def annotation(*results: dict[str, object], who: object = 7, **more: object) -> dict[str, object]:
    times = {"created_at": "2026-01-02T03:04:05.000000Z", "updated_at": "2026-01-02T03:05:05.000000Z"}
    return {"id": 100, "completed_by": who, "result": list(results), "was_cancelled": False, **times, **more}


def read(*every: object):
    return read_reviews("r.json", json.dumps(every), "json")


def test_tasks_and_configuration_name_the_same_things():
    """Every name that the configuration reads is in the data, and predictions are of its controls and choices.

    Checked by hand with label-studio-sdk 2.1.2: its LabelInterface accepts both, and its converter's JSON_MIN is read.
    """
    root = ET.fromstring(labeling_config())
    (task, sampled) = json.loads(tasks([sheet_row(QUESTION, SUSPECT), sheet_row(QUESTION, None, picked="random")]))
    shown = {tag.get("value", "")[1:] for tag in root.iter() if tag.get("value", "").startswith("$")}
    assert shown <= set(task["data"])
    assert not {"verdict", "correct_target", "why", "overrules", "by", "at"} & set(task["data"])
    assert None not in task["data"].values()
    controls = {tag.get("name"): tag for tag in root.iter() if tag.get("toName")}
    (prediction,) = task["predictions"]
    for result in prediction["result"]:
        tag = controls[result["from_name"]]
        assert (result["to_name"], result["type"]) == (tag.get("toName"), tag.tag.lower())
    assert prediction["result"][1]["value"] == {"text": ["A"]}
    assert prediction["score"] == 0.9
    assert (sampled["predictions"], sampled["data"]["picked"]) == ([], "random")


def test_an_export_is_read_back():
    """One verdict an annotation, with who and when; names of every form; the last change is the time."""
    (task,) = json.loads(tasks([sheet_row(QUESTION, SUSPECT)]))
    task["annotations"] = [
        annotation(control("verdict", choices=["correct"]), control("correct_target", text=["A"]), who=7),
        annotation(control("verdict", choices=["exclude"]), control("why", text="two readings"), who="eve@x.org"),
        annotation(
            control("verdict", choices=["confirm"]),
            control("overrules", choices=["yes"]),
            who={"id": 1, "email": "ann@x.org", "first_name": "Ann", "last_name": ""},
        ),
    ]
    found = [each.review for each in read(task).found]
    assert [(each.by, each.verdict, each.correct_target, each.why, each.overrules) for each in found] == [
        ("label-studio:7", "correct", "A", None, False),
        ("eve@x.org", "exclude", None, "two readings", False),
        ("ann@x.org", "confirm", None, None, True),
    ]
    assert {(each.drop, each.question_version, str(each.at)) for each in found} == {
        ("d d", "v", "2026-01-02 03:05:05+00:00")
    }


def test_json_min_is_the_same_verdict():
    """Either export of one annotation has the same id, so that taking both adds nothing."""
    full = annotated(
        annotation(control("verdict", choices=["correct"]), control("correct_target", text=["A"])), picked="random"
    )
    flat = {
        **full["data"],
        "id": 17,
        "verdict": "correct",
        "correct_target": "A",
        "annotator": 7,
        "annotation_id": 100,
        "created_at": "2026-01-02T03:04:05.000000Z",
        "updated_at": "2026-01-02T03:05:05.000000Z",
        "lead_time": 1.0,
    }
    ((one,), (other,)) = read(full).found, read(flat).found
    assert one == other
    assert one.review.picked == "random"


def test_what_nobody_judged_is_counted():
    """Cancelled and empty annotations, and tasks without any, are no verdicts and no faults."""
    cancelled = annotation(control("verdict", choices=["exclude"]), was_cancelled=True)
    got = read(annotated(cancelled), annotated(annotation()), annotated(), {"bank": "b", "question_id": "q"})
    assert (got.found, got.bad, got.unjudged) == ((), (), 4)


def test_a_hidden_proposal_is_no_contradiction():
    """Label Studio may keep a prediction's target in the box that the verdict `confirm` hides."""
    (found,) = read(
        annotated(annotation(control("verdict", choices=["confirm"]), control("correct_target", text=["A"])))
    ).found
    assert (found.review.verdict, found.review.correct_target) == ("confirm", None)


@pytest.mark.parametrize(
    ("task", "reason"),
    [
        (3, "not a JSON object"),
        ({"data": 1, "annotations": []}, "`data` must be an object"),
        ({"data": {}, "annotations": None}, "`annotations` a list"),
        (annotated(3), "an annotation is no object"),
        (annotated({"result": 3}), "must be a list"),
        (annotated({"result": [3]}), "a result is no object"),
        (annotated(annotation(control("verdict", choices=["confirm", "exclude"]))), "verdict must be one text"),
        (annotated(annotation(control("verdict", choices=["maybe"]))), "'maybe' is none of"),
        (annotated(annotation(control("verdict", choices=["correct"]))), "needs a correct_target"),
        (annotated(annotation(control("verdict", choices=["confirm"]), who=None)), "`by` is empty"),
        (annotated(annotation(control("verdict", choices=["confirm"])), question_id=["q"]), "question_id must be"),
    ],
)
def test_a_bad_task_is_named_and_the_others_are_taken(task, reason):
    """By its place in the list, counted from 1."""
    good = annotated(annotation(control("verdict", choices=["confirm"])))
    got = read(good, task, {**good, "data": {**good["data"], "question_id": "q2"}})
    assert [(each.line, each.review.question_id) for each in got.found] == [(1, "q1"), (3, "q2")]
    assert [(each.line, each.reason.startswith("r.json: task 2: "), reason in each.reason) for each in got.bad] == [
        (2, True, True)
    ]


@pytest.mark.parametrize("text", ["{", "[{}", "nonsense", '[{"a": 1}]['])
def test_a_file_that_is_no_json_is_one_bad_line(text):
    """With the place where it breaks."""
    got = read_reviews("r.json", text, "json")
    assert [each.line for each in got.bad] == [1]
    assert "not JSON" in got.bad[0].reason
