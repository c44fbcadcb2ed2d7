import pytest

from evalpipe.core.extract import extract


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"answer": 5}', "5"),
        ('{"answer": "5"}', "5"),
        ('{"answer": 1.50}', "1.5"),
        ('{"answer": 1e3}', "1000"),
        ('{"answer": true}', "true"),
        ('{"answer": null}', "null"),
        ('{"answer": ""}', ""),
        ('{"answer": " keep me. "}', " keep me. "),
        ('{"answer": [1, 2.0, "x"]}', '[1,2,"x"]'),
        ('{"answer": {"b": 1, "a": "}"}}', '{"a":"}","b":1}'),
        ('{"answer": {}}', "{}"),
        ('```json\n{"answer": "x"}\n```', "x"),
        ('```\n{"answer": "x"}```', "x"),
        ('~~~JSON5\n{"answer": "x"}\n~~~', "x"),
        ('Here it is: {"answer": "x"} I hope {that} helps.', "x"),
        ('\ufeff{"answer": "x"}', "x"),
        ('{\r\n"answer": "x"\r\n}\r\n', "x"),
        ('[{"answer": 4}]', "4"),
        ('{"answer": 1} no, wait: {"answer": 2}', "2"),
        ('{"answer": 1} {"confidence": 2}', "1"),
        ('{"why": "line 1\nline 2", "answer": 5}', "5"),
        ('{answer} is {"answer": 3}', "3"),
        ('{"answer": "unclosed\n\nAgain:\n', None),
        ('{"big": 1e99999999999999999999, "answer": 5}', "5"),
        ('好的，结果如下：\n{"answer": "北京"}', "北京"),
        ('{"answer": "\\u5317\\u4eac"}', "北京"),
        ('<think>{"answer": 1}</think>{"answer": 2}', "2"),
    ],
)
def test_json_field_is_read(text, value):
    """Fences, text around, a BOM and CRLF do not matter, and the last object with the field wins."""
    assert extract("json", text).value == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "5",
        "the answer is 5",
        '"answer": 5',
        '{"result": 5}',
        '{"answer": 5',
        '{"answer": NaN}',
        '{"answer": Infinity}',
        '{"answer": 1e99999999999999999999}',
        '{"answer": 5, "n": {"answer": 6},, }',
        '{"n": {"answer": 6}',
        '<think>{"answer": 5}',
        '["answer", 5]',
        "答案是五",
        '{"answer": ' + "[" * 3000 + "]" * 3000 + "}",
    ],
)
def test_json_field_is_not_guessed(text):
    """What is not JSON, is cut short, lacks the field or is no sane number is not an answer, and says why."""
    found = extract("json", text)
    assert found.value is None
    assert found.reason


def test_json_reads_the_named_field():
    """The question says which field holds the answer, and the fields that were there instead are shown."""
    text = '{"total": 7, "answer": 5}'
    assert extract("json", text, answer_field="total").value == "7"
    assert extract("json", text, answer_field="sum").candidates == ("total", "answer")
