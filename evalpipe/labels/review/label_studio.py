"""Label Studio at file level: its labeling configuration, tasks to import, and the JSON that it exports.

Formats: labelstud.io/guide/task_format (JSON), labelstud.io/guide/predictions (tasks with predictions) and
`convert_to_json_min` of label-studio-converter (JSON_MIN: the task's data, one field a control, `annotator`).
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from evalpipe.labels.review.reviews import VERDICTS
from evalpipe.labels.review.rows import Row

OBJECT = "text"  # the tag that every control labels
MODEL_VERSION = "evalpipe"

_SHOWN = (
    ("choices", "Choices"),
    ("targets", "Label"),
    ("proposed_target", "Proposed"),
    ("reasons", "Why it is doubted"),
    ("evidence", "Who said what"),
    ("worked_solution", "Worked solution"),
)
_CONTROLS = ("verdict", "correct_target", "why", "overrules")
_NAMED = ("bank", "question_id", "question_version", "drop", "picked")


def labeling_config() -> str:
    """The XML for Settings > Labeling Interface > Code; its names are those of `tasks` and `task_rows`."""
    shown = "".join(
        f'  <Header value="{title}" size="5"/>\n  <Text name="{name}" value="${name}"/>\n' for name, title in _SHOWN
    )
    choices = "".join(f'    <Choice value="{verdict}"/>\n' for verdict in VERDICTS)
    return f"""<View>
  <Header value="$question_id"/>
  <Text name="{OBJECT}" value="${OBJECT}"/>
{shown}  <Choices name="verdict" toName="{OBJECT}" choice="single" required="true" showInline="true">
{choices}  </Choices>
  <TextArea name="correct_target" toName="{OBJECT}" rows="1" maxSubmissions="1" placeholder="the right answer"
            visibleWhen="choice-selected" whenTagName="verdict" whenChoiceValue="correct"/>
  <TextArea name="why" toName="{OBJECT}" rows="2" maxSubmissions="1" placeholder="why"/>
  <Choices name="overrules" toName="{OBJECT}" choice="multiple">
    <Choice value="yes" hint="settles a disagreement: stands alone over what others said before"/>
  </Choices>
</View>
"""


def tasks(sheet: Sequence[Mapping[str, object]]) -> str:
    """JSON to import: a task for each row of a sheet, with the proposed target as its prediction."""
    made = [{"data": _data(row), "predictions": _predictions(row)} for row in sheet]
    return json.dumps(made, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def _data(row: Mapping[str, object]) -> dict[str, object]:
    return {name: "" if value is None else value for name, value in row.items() if name not in (*_CONTROLS, "by", "at")}


def _predictions(row: Mapping[str, object]) -> list[dict[str, object]]:
    proposed = row.get("proposed_target")
    if not proposed:
        return []
    result = [
        _result("verdict", "choices", {"choices": ["correct"]}),
        _result("correct_target", "textarea", {"text": [proposed]}),
    ]
    return [{"model_version": MODEL_VERSION, "score": row["suspicion"], "result": result}]


def _result(name: str, kind: str, value: Mapping[str, object]) -> dict[str, object]:
    return {"id": name, "from_name": name, "to_name": OBJECT, "type": kind, "value": value}


def task_rows(text: str) -> Iterator[tuple[int, Row | str]]:
    """Rows by task, counted from 1: one for each annotation; one that was cancelled, or holds nothing, is empty."""
    if not text.strip():
        return
    try:
        parsed: object = json.loads(text, parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError) as error:
        said = str(error) if isinstance(error, json.JSONDecodeError) else "too deep or too long a number"
        yield 1, f"not JSON ({said}). Label Studio exports one list of tasks as JSON or JSON-MIN."
        return
    every = cast("list[object]", parsed) if isinstance(parsed, list) else [parsed]
    for number, task in enumerate(every, start=1):
        if not isinstance(task, dict):
            yield number, "not a JSON object. A task is one."
            continue
        for row in _task(cast("Mapping[str, object]", task)):
            yield number, row


def _task(task: Mapping[str, object]) -> Iterator[Row | str]:
    if "annotations" not in task and "data" not in task:
        yield _row(task, task, task.get("annotator") or task.get("by"), task)  # JSON_MIN: one annotation a record
        return
    data, annotations = task.get("data"), task.get("annotations", [])
    if not isinstance(data, dict) or not isinstance(annotations, list):
        yield "`data` must be an object and `annotations` a list, as Label Studio exports them."
        return
    several = cast("list[object]", annotations)
    if not several:
        yield {}
    for annotation in several:
        if isinstance(annotation, dict):
            yield _annotation(cast("Mapping[str, object]", data), cast("Mapping[str, object]", annotation))
        else:
            yield "an annotation is no object."


def _annotation(data: Mapping[str, object], annotation: Mapping[str, object]) -> Row | str:
    if annotation.get("was_cancelled") is True:
        return {}
    results = annotation.get("result", [])
    if not isinstance(results, list):
        return "`result` of an annotation must be a list."
    said: dict[str, object] = {}
    for result in cast("list[object]", results):
        if not isinstance(result, dict):
            return "a result is no object."
        control = cast("Mapping[str, object]", result)
        if control.get("from_name") in _CONTROLS:
            said[str(control["from_name"])] = control.get("value")
    return _row(data, said, annotation.get("completed_by"), annotation)


def _row(data: Mapping[str, object], said: Mapping[str, object], who: object, when: Mapping[str, object]) -> Row | str:
    """A row as of a CSV file. The time is that of the last change: who changes an annotation gives a later verdict."""
    at = next((value for key in ("updated_at", "created_at", "at") if (value := when.get(key))), "")
    fields: dict[str, object] = {name: data.get(name) for name in _NAMED}
    fields |= {name: _value(said.get(name)) for name in _CONTROLS} | {"by": _person(who), "at": at}
    odd = [name for name, value in fields.items() if not isinstance(value, str | None)]
    if odd:
        return f"{', '.join(odd)} must be one text."
    if str(fields["verdict"] or "correct").lower() != "correct":
        fields["correct_target"] = None  # what a prediction proposed, in a box that this verdict hides
    return {name: value for name, value in fields.items() if isinstance(value, str)}


def _value(value: object) -> object:
    """The one text of a control: `{"choices": ["x"]}`, `{"text": ["x"]}`, `["x"]` and `"x"` are all x."""
    if isinstance(value, dict):
        inner = cast("Mapping[str, object]", value)
        value = inner.get("choices", inner.get("text"))
    if isinstance(value, list):
        several = cast("list[object]", value)
        return several[0] if len(several) == 1 else (several or None)
    return value


def _person(who: object) -> object:
    """Who annotated: an email, or a user's number, which is a name only together with where it comes from."""
    if isinstance(who, dict):
        user = cast("Mapping[str, object]", who)
        name = " ".join(str(user[part]) for part in ("first_name", "last_name") if user.get(part))
        who = user.get("email") or user.get("username") or name or user.get("id")
    return f"label-studio:{who}" if isinstance(who, str) and who.isdecimal() else who
