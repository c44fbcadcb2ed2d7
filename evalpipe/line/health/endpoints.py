"""The endpoints, really asked: one short question each, all at the same time, each for a limited time."""

import asyncio
import os
import re
import time
from collections.abc import Callable, Coroutine
from pathlib import Path

from evalpipe.answering.backends import make_backend
from evalpipe.backends.protocol import Message, TryAgainError
from evalpipe.config.models import EmbeddedModel, Endpoint, OpenAIBatchModel, OpenAIChatModel
from evalpipe.core.answers import Reply
from evalpipe.core.errors import BackendError, ConfigError
from evalpipe.core.questions import Question
from evalpipe.line.health.finding import Finding, bad, ok, warning
from evalpipe.line.project import Project

ENDPOINTS, EMBEDDED = "endpoints", "embedded models"

WAIT_S = 10.0  # a chat model says one word in a second or two
START_S = 30.0  # the embedded server is ready in half a second here; from a cold disk it takes longer
REMARK_AFTER_S = 2.0  # whatever lasts longer says so

_QUESTION = Question("doctor", "Reply with one word: ready", "text", ())
_MESSAGES: tuple[Message, ...] = ({"role": "user", "content": _QUESTION.text},)

# What a failed try says, in small letters, and what to do about it; the first that fits.
_MENDS = (
    ("connection refused", "Nothing listens there: start the server, or correct `base_url`."),
    ("name or service not known", "No such host: correct `base_url`."),
    ("name resolution", "The host's name cannot be looked up: correct `base_url`, or see to this machine's network."),
    ("no address associated", "No such host: correct `base_url`."),
    ("no route", "No way leads there: see to this machine's network, VPN and proxy, or correct `base_url`."),
    ("unreachable", "No way leads there: see to this machine's network, VPN and proxy, or correct `base_url`."),
    ("certificate", "Its TLS certificate is not trusted here: install its authority, or correct `base_url`."),
    ("tls", "It does not speak TLS on that port: perhaps `base_url` begins with http:// there."),
    ("ssl", "It does not speak TLS on that port: perhaps `base_url` begins with http:// there."),
    ("http 501", "Something else than an API answers there: correct `base_url`, it often ends in /v1."),
    ("not a json object", "Something else than an API answers there: correct `base_url`, it often ends in /v1."),
    ("no choices", "It speaks another protocol: `base_url` must lead to OpenAI-style chat completions, often in /v1."),
    ("compressed", "A proxy compresses the replies: ask it directly, or turn that off."),
)
_BUSY = "See what else keeps this machine busy, or type `evalpipe doctor --wait 60`."
_LOOK_AT_SERVER = "Look at the server's own log, and at `base_url`."


def endpoints(project: Project, wait_s: float, remark: Callable[[str], None]) -> list[Finding]:
    """What each endpoint said to one chat completion, or did not say within `wait_s` (+ a start of the embedded one).

    Args:
        remark: told once what is still awaited after two seconds.
    """
    folder = project.config.path.parent
    probes: dict[str, Coroutine[None, None, Finding]] = {}
    started: set[object] = set()
    for name, model in project.config.file.models.items():
        if isinstance(model, OpenAIChatModel):
            for address in model.addresses:
                one = model.model_copy(update={"base_url": address, "base_urls": None})
                probes[name if model.base_url else f"{name} {address}"] = _ask_openai_chat(name, one, folder, wait_s)
        elif isinstance(model, OpenAIBatchModel):
            probes[name] = _look_at_openai_batch(name, model, folder, wait_s)
        elif isinstance(model, EmbeddedModel):
            server = (model.weights, model.threads, model.port, model.max_in_flight)
            if server not in started:  # models that differ by prompt and sampling start the same server
                started.add(server)
                probes[name] = _ask_embedded(name, model, folder, wait_s)
    return asyncio.run(_together(probes, wait_s, remark)) if probes else []


async def _together(
    probes: dict[str, Coroutine[None, None, Finding]], wait_s: float, remark: Callable[[str], None]
) -> list[Finding]:
    tasks = {name: asyncio.create_task(probe) for name, probe in probes.items()}
    _, pending = await asyncio.wait(tasks.values(), timeout=REMARK_AFTER_S)
    if pending:
        names = ", ".join(name for name, task in tasks.items() if task in pending)
        remark(f"waiting for {names}, {wait_s:g} s at most for an answer")
    return list(await asyncio.gather(*tasks.values()))


async def _ask_openai_chat(name: str, model: OpenAIChatModel, folder: Path, wait_s: float) -> Finding:
    where = f"[models.{name}]"
    try:
        # Every configured field is sent, so a field that the endpoint does not take is found here and not in a run.
        backend = make_backend(model.model_copy(update={"timeout_s": min(wait_s, model.timeout_s)}), folder)
    except ConfigError as error:
        return bad(ENDPOINTS, f"{where} {error}", f"Correct `base_url` or `sampling` of {where}.")
    address = str(model.base_url)
    where = f"{where} {address}"
    try:
        async with backend.sessions() as sessions:
            reply = await sessions[0].ask(backend.content(_QUESTION, _MESSAGES))
    except BackendError as error:
        said = str(error).removeprefix(address).removeprefix(": ")
        return bad(ENDPOINTS, f"{where}: {said}", _mend_of_status(said, model))
    except TryAgainError as error:
        return _did_not_answer(where, error.reason.removeprefix(f"{address}: "), model, wait_s)
    return _judged(ENDPOINTS, where, reply)


async def _look_at_openai_batch(name: str, model: OpenAIBatchModel, folder: Path, wait_s: float) -> Finding:
    """A batch takes hours, so none is made: the list of batches shows whether address and key are right."""
    where = f"[models.{name}]"
    try:
        backend = make_backend(model.model_copy(update={"timeout_s": min(wait_s, model.timeout_s)}), folder)
    except ConfigError as error:
        return bad(ENDPOINTS, f"{where} {error}", f"Correct `base_url` or `sampling` of {where}.")
    where = f"{where} {model.base_url}"
    started = time.perf_counter()
    try:
        async with backend.batches() as batches:
            await batches.check()
    except BackendError as error:
        said = str(error).removeprefix(f"{model.base_url}: ")
        return bad(ENDPOINTS, f"{where}: {said}", _mend_of_status(said, model))
    except TryAgainError as error:
        return _did_not_answer(where, error.reason.removeprefix(f"{model.base_url}: "), model, wait_s)
    return ok(ENDPOINTS, f"{where}: listed its batches in {time.perf_counter() - started:.2f} s; no question was asked")


async def _ask_embedded(name: str, model: EmbeddedModel, folder: Path, wait_s: float) -> Finding:
    where = f"[models.{name}]"
    mend = f"Correct `weights` or `port` of {where}, or leave them out; `make demo` installs the weights."
    one_token = {**model.sampling, "max_tokens": 1}
    backend = make_backend(
        model.model_copy(update={"timeout_s": min(wait_s, model.timeout_s), "sampling": one_token}), folder
    )
    try:
        async with asyncio.timeout(START_S + wait_s), backend.sessions() as sessions:
            reply = await sessions[0].ask(backend.content(_QUESTION, _MESSAGES))
    except TimeoutError:
        return bad(EMBEDDED, f"{where}: not ready within {START_S + wait_s:g} s", _BUSY)
    except (BackendError, ConfigError) as error:
        return bad(EMBEDDED, f"{where} {error}", mend)
    except TryAgainError as error:
        return bad(EMBEDDED, f"{where}: {error.reason}", _BUSY)
    return _judged(EMBEDDED, where, reply)


def _judged(check: str, where: str, reply: Reply) -> Finding:
    took = f"{reply.latency_s:.2f} s" if reply.latency_s is not None else "no time"
    if reply.outcome == "rejected":
        mend = "It does not take this request: compare `sampling` and `model` with what the endpoint allows."
        return bad(check, f"{where}: {reply.error}", mend)
    if reply.outcome == "refused" or not reply.text:
        what = f"{where}: replied in {took}, but {'refused' if reply.outcome == 'refused' else 'with an empty text'}"
        mend = "See whether `model` and `max_tokens` in `sampling` are meant so: thinking may use all tokens up."
        return warning(check, what, mend)
    return ok(check, f"{where}: answered in {took}")


def _did_not_answer(where: str, reason: str, model: Endpoint, wait_s: float) -> Finding:
    if reason.startswith(("no whole reply", "no reply")):
        more = "raise `timeout_s`" if model.timeout_s <= wait_s else "type `evalpipe doctor --wait 60`"
        mend = f"See whether the server is busy, stuck or behind a firewall; if it is that slow by nature, {more}."
        return bad(ENDPOINTS, f"{where}: {reason}", mend)
    if reason.startswith("HTTP 429"):
        mend = "Ask it less: lower `max_in_flight`, look at the account's limits, or come back later."
        return warning(ENDPOINTS, f"{where}: it lives, and wants to be asked later ({reason})", mend)
    system = re.match(r"\[Errno (\d{1,3})\]", reason)
    if system:  # asyncio says "Connect call failed" whatever the reason was
        reason = f"{reason}: {os.strerror(int(system[1]))}"
    mend = next((mend for part, mend in _MENDS if part in reason.lower()), _LOOK_AT_SERVER)
    return bad(ENDPOINTS, f"{where}: {reason}", mend)


def _mend_of_status(said: str, model: Endpoint) -> str:
    """What to do where the endpoint would say the same to every request."""
    status = re.match(r"HTTP (\d+)", said)
    code = int(status[1]) if status else 0
    if code in (401, 403) and model.api_key_env:
        return f"Type `export {model.api_key_env}=...` with a key of this endpoint."
    if code in (401, 403):
        return 'Name the variable that holds its key: api_key_env = "..."'
    if code in (404, 410):
        its_words = said.partition("Either `base_url`")[0]
        if model.model in its_words:
            return f"The address is right, the name is not: correct `model`; {model.base_url}/models lists names."
        return "Correct `base_url`: it ends before /chat/completions, often in /v1. If it is right, correct `model`."
    if code == 0:  # no request was sent: the key cannot be used
        return f"Type `export {model.api_key_env}=...` with the key alone."
    return "Correct `base_url`, or see to the account, as it says."
