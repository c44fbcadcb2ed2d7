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
        async with backend.sessions() as sessions:
            return await sessions[0].ask(backend.content(question, messages))

    return asyncio.run(once())


def trouble_of(backend: Backend) -> TryAgainError:
    """Why one try may be repeated. Raises AssertionError: it may not."""
    try:
        reply = ask(backend)
    except TryAgainError as error:
        return error
    raise AssertionError(f"not to be tried again: {reply}")


def outcome(backend: Backend) -> str:
    """The outcome of one try, or its trouble where it may be repeated."""
    try:
        return ask(backend).outcome
    except TryAgainError as error:
        return error.trouble
