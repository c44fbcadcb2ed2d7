"""Exactly what is sent, and its fingerprint."""

import hashlib
from dataclasses import dataclass, field, replace

from evalpipe.answering.prompts import Renderer
from evalpipe.backends.protocol import Addressee
from evalpipe.core.questions import Question
from evalpipe.core.versions import DIGEST_BYTES


@dataclass(frozen=True, slots=True)
class Request:
    """One request: the exact bytes, and the hash of them and of the endpoint's identity.

    `sample` is the sample index, kept beside the fingerprint: asking again with another index is another request.
    """

    question_id: str
    content: bytes = field(repr=False)  # a question's text belongs into no log
    fingerprint: str
    sample: int = 0
    question_version: str = ""

    @property
    def key(self) -> tuple[str, int]:
        """What makes two requests equal: one call serves both."""
        return self.fingerprint, self.sample

    def again(self, sample: int) -> "Request":
        """The same question, asked for another sample."""
        return replace(self, sample=sample)


class RequestMaker:
    """Questions become requests, for one model. Keeps what is the same for all of them."""

    def __init__(self, backend: Addressee, renderer: Renderer) -> None:
        self._backend = backend
        self._renderer = renderer
        identity = backend.identity.encode()
        # The length in front keeps an identity and a body apart from a longer identity and a shorter body.
        self._start = hashlib.blake2b(len(identity).to_bytes(8, "big") + identity, digest_size=DIGEST_BYTES)

    def request(self, question: Question, question_version: str = "") -> Request:
        """Raises ConfigError: the template names something that no question has."""
        content = self._backend.content(question, self._renderer.messages(question))
        return Request(question.question_id, content, self.fingerprint(content), 0, question_version)

    def fingerprint(self, content: bytes) -> str:
        """Hash of the endpoint's identity and of every byte that is sent, as 32 hex digits."""
        hashed = self._start.copy()
        hashed.update(content)
        return hashed.hexdigest()
