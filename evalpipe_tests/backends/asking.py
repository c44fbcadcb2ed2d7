"""One request asked of a backend, as the engine would."""

import asyncio

from evalpipe.backends.protocol import Backend, Message, TryAgainError
from evalpipe.core.answers import Reply
from evalpipe.core.questions import Question

QUESTION = Question("q1", "What is 1 + 1?", "number", ("2",))
MESSAGES: tuple[Message, ...] = ({"role": "user", "content": QUESTION.text},)


def ask(backend: Backend, question: Question = QUESTION, messages: tuple[Message, ...] = MESSAGES) -> Reply:
    """The reply to one try in a session of its own."""

    async def once() -> Reply:
        async with backend.session() as session:
            return await session.ask(backend.body(question, messages))

    return asyncio.run(once())


def outcome(backend: Backend) -> str:
    """The outcome of one try, `try again` where it may pass."""
    try:
        return ask(backend).outcome
    except TryAgainError:
        return "try again"
