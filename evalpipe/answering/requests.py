"""Exactly what is sent, and its fingerprint."""

from dataclasses import dataclass

from evalpipe.answering.prompts import Renderer
from evalpipe.backends.protocol import Backend, Body
from evalpipe.core.questions import Question
from evalpipe.core.versions import digest


@dataclass(frozen=True, slots=True)
class Request:
    """One request: the exact body, and the hash of all its fields and of the endpoint's identity.

    `sample` is the sample index, kept beside the fingerprint: asking again with another index is another request.
    """

    question_id: str
    body: Body
    fingerprint: str
    sample: int = 0


def make_request(backend: Backend, renderer: Renderer, question: Question, sample: int = 0) -> Request:
    body = backend.body(question, renderer.messages(question))
    return Request(question.question_id, body, digest(backend.identity, body), sample)
