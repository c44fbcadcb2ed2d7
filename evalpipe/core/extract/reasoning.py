"""Reasoning set aside: what a model thought before it answered is not its answer.

The tags of the model families that write them (`<think>` and kin, `[THINK]`, `◁think▷`, `<|begin_of_thought|>`, the
channels of gpt-oss), nested or not. A closing tag without an opening one closes reasoning that began in the prompt.
"""

import re

_NAMES = r"(?:seed:)?(?:think(?:ing)?|thoughts?|reasoning|reflection|analysis|scratch_?pad)"
_TAG = re.compile(
    rf"""
      (?P<final> <\|channel\|>\s{{0,3}}final(?:\s{{0,3}}<\|message\|>)? | assistantfinal )
    | (?P<open> (?:<|&lt;){_NAMES}(?:\s[^<>\n]{{0,80}})?(?:>|&gt;) | \[THINK\] | ◁think▷
        | <\|(?:begin_of_thought|START_THINKING)\|> | <\|channel\|>\s{{0,3}}(?:analysis|commentary)(?![a-z]) )
    | (?P<close> (?:<|&lt;)/\s?{_NAMES}\s?(?:>|&gt;) | \[/THINK\] | ◁/think▷
        | <\|(?:end_of_thought|END_THINKING)\|> )
    """,
    re.VERBOSE | re.IGNORECASE,
)
_MAY_TAG = re.compile(r"[<\[◁&]")  # most replies have no tag, and looking for all of them takes 30 ms in 100 kB
_BARE_CHANNEL = "analysis"  # how a reply of gpt-oss begins where the server dropped its special tokens


def without_reasoning(text: str) -> str | None:
    """The text with its reasoning blanked out, character for character; None when the reasoning never ends.

    Opening tags in a row are one (the prompt wrote the first); any other opening tag within reasoning nests. A closing
    tag too many at the very end of the text closes nothing. A tag in backticks is spoken about, not used.
    """
    if not _MAY_TAG.search(text) and not text.startswith(_BARE_CHANNEL):
        return text
    hidden: list[tuple[int, int]] = []
    depth, opened, behind_open = 0, 0, 0
    content_end = len(text.rstrip())
    for tag in _TAG.finditer(text):
        if text.startswith("`", max(0, tag.start() - 1)) and text.startswith("`", tag.end()):
            continue
        if tag["final"]:
            if tag[0].startswith("<") or text.startswith(_BARE_CHANNEL):
                depth, hidden = 0, [(0, tag.end())]
        elif tag["open"]:
            if not depth:
                opened, depth = tag.start(), 1
            elif text[behind_open : tag.start()].strip():
                depth += 1
            behind_open = tag.end()
        elif depth:
            depth -= 1
            hidden += [] if depth else [(opened, tag.end())]
        elif hidden and tag.end() >= content_end:
            hidden.append(tag.span())
        else:
            hidden = [(0, tag.end())]
    return None if depth else blanked(text, hidden, "\n")


def blanked(text: str, spans: list[tuple[int, int]], blank: str = " ") -> str:
    """The text with the stretches, which come in order, overwritten by `blank`: no offset moves.

    Line breaks stay where they are.
    """
    pieces: list[str] = []
    shown = 0
    for start, end in spans:
        if start < shown:
            continue
        cover = blank * (end - start)
        if blank != "\n" and "\n" in text[start:end]:
            cover = "".join("\n" if each == "\n" else blank for each in text[start:end])
        pieces += [text[shown:start], cover]
        shown = end
    return "".join([*pieces, text[shown:]])
