"""The lines of a batch's files: a request on its way in, a result on its way out. Pure."""

from collections.abc import Mapping
from typing import cast

from evalpipe.backends.completion import error_codes, error_message, read_reply
from evalpipe.backends.exchange import LARGEST_REPLY_BYTES, parse_body
from evalpipe.backends.protocol import BatchResult, NotServedError, TryAgainError
from evalpipe.backends.statuses import ERROR_WIDTH, Endpoint, read_status
from evalpipe.core.answers import Reply
from evalpipe.core.errors import BackendError
from evalpipe.core.quoting import one_line

ENDPOINT = "/v1/chat/completions"
_START = b'{"custom_id":"%b","method":"POST","url":"' + ENDPOINT.encode() + b'","body":%b}\n'


def to_line(custom_id: str, content: bytes) -> bytes:
    """A request as one line; `content` is the body as it was fingerprinted, JSON without line breaks."""
    return _START % (custom_id.encode(), content)


def read_line(line: bytes, secret: str | None, endpoint: Endpoint) -> BatchResult | None:
    """What became of one request; None: the line does not tell of which.

    `secret`: the key, where it must be taken out of answers.
    """
    result = parse_body(line, secret)
    if not isinstance(result, dict):
        return None
    fields = cast("Mapping[str, object]", result)
    custom_id = fields.get("custom_id")
    if not isinstance(custom_id, str):
        return None
    try:
        return BatchResult(custom_id, _reply(fields, endpoint))
    except TryAgainError as error:
        return BatchResult(custom_id, Reply("failed", error=error.reason))
    except NotServedError as error:
        return BatchResult(custom_id, error.rejected, hopeless=str(error))
    except BackendError as error:
        reason = one_line(str(error), ERROR_WIDTH)
        return BatchResult(custom_id, Reply("failed", error=reason), hopeless=str(error))


def _reply(fields: Mapping[str, object], endpoint: Endpoint) -> Reply:
    response = fields.get("response")
    if not isinstance(response, dict):  # it was not processed: expired, cancelled, or the provider's own trouble
        error = fields.get("error")
        said = error_message({"error": error}) or ", ".join(sorted(error_codes(error)))
        raise TryAgainError(one_line(said, ERROR_WIDTH) or "the batch holds neither a response nor an error for it")
    answered = cast("Mapping[str, object]", response)
    status, body = answered.get("status_code"), answered.get("body")
    if not isinstance(status, int):
        raise TryAgainError("the batch holds a response without status for it")
    return read_reply(body) if 200 <= status < 300 else read_status(status, body, None, None, endpoint)


class Lines:
    """Bytes become lines, cut at line feeds alone: JSON may hold the other line breaks of Unicode as they are."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def add(self, some: bytes) -> list[bytes]:
        """The lines that are whole now. Raises TryAgainError: a line without end."""
        *whole, rest = some.split(b"\n")
        if not whole:
            self._rest += rest
        else:
            whole[0] = bytes(self._rest) + whole[0]
            self._rest = bytearray(rest)
        if len(self._rest) > LARGEST_REPLY_BYTES:
            raise TryAgainError(f"a result is larger than {LARGEST_REPLY_BYTES // 10**6} MB")
        return whole

    def end(self) -> list[bytes]:
        """The last line, which may lack its line feed."""
        return [bytes(self._rest)] if self._rest.strip() else []
