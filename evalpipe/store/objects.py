"""Objects on S3, for what Delta does not keep: journals and leases. A thin room over boto3.

Only here is boto3 imported, inside functions: it and its first client take 0.5 s, which a local lake need not pay.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any

from evalpipe.core.errors import LakeError
from evalpipe.core.quoting import one_line
from evalpipe.store.s3_place import S3Place

DELETE_AT_ONCE = 1_000  # the most that one request may name
CONNECT_S, READ_S = 5, 20  # a lease of 30 s must learn of a dead server before it has run out
TRIES = 3

# A condition that does not hold; another conditional put in this moment; nothing there that could match (AWS).
_REFUSED = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey", "412", "409"})
_KEYS_DO_NOT_FIT = frozenset(
    {"AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken", "403"}
)


@dataclass(frozen=True, slots=True)
class Fetched:
    """An object as it was read. `modified` and `read_at` are both by the server's clock, in whole seconds."""

    body: bytes
    etag: str
    modified: datetime
    read_at: datetime


@dataclass(frozen=True, slots=True)
class Listed:
    """An object of a listing; `name` is relative to the place that was listed."""

    name: str
    size_bytes: int
    modified: datetime


@dataclass(frozen=True, slots=True)
class Objects:
    """The objects under a place; names are relative to it. Every method raises LakeError: the server cannot be used."""

    place: S3Place

    def get(self, name: str) -> Fetched | None:
        """The object, or None where there is none."""
        with _errors(self.place / name, "read"):
            try:
                found = self._client.get_object(**self._at(name))
                body: bytes = found["Body"].read()
            except self._client.exceptions.NoSuchKey:
                return None
            return Fetched(body, found["ETag"], found["LastModified"], _date(found))

    def put(self, name: str, body: bytes) -> str:
        """Write it, whatever was there; the new etag."""
        with _errors(self.place / name, "written"):
            return self._client.put_object(**self._at(name), Body=body)["ETag"]

    def put_new(self, name: str, body: bytes) -> str | None:
        """Write it where nothing is (If-None-Match: *). None: something is there, or came in this moment.

        A reply that was lost on the way may make an own object look like somebody else's: read it to know.
        """
        return self._put_if(name, body, IfNoneMatch="*")

    def put_over(self, name: str, body: bytes, etag: str) -> str | None:
        """Write it over exactly the object of that etag (If-Match). None: it is another one by now, or gone."""
        return self._put_if(name, body, IfMatch=etag)

    def list(self, under: str = "") -> Iterator[Listed]:
        """All objects whose names start with `under`, in the order of their names, a page of 1,000 at a time."""
        prefix = f"{self.place.prefix}/" if self.place.prefix else ""
        with _errors(self.place / under if under else self.place, "listed"):
            pages = self._client.get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self.place.bucket, Prefix=prefix + under):
                for each in page.get("Contents", ()):
                    yield Listed(each["Key"].removeprefix(prefix), each["Size"], each["LastModified"])

    def delete(self, names: Sequence[str]) -> None:
        """Delete them; what is gone already is no fault."""
        for start in range(0, len(names), DELETE_AT_ONCE):
            some = names[start : start + DELETE_AT_ONCE]
            with _errors(self.place / some[0], "deleted"):
                keys = {"Objects": [{"Key": self._at(name)["Key"]} for name in some], "Quiet": True}
                reply = self._client.delete_objects(Bucket=self.place.bucket, Delete=keys)
            for fault in reply.get("Errors", ()):
                raise _unusable(self.place / some[0], "deleted", fault.get("Code", "no reason given"))

    def _put_if(self, name: str, body: bytes, **condition: str) -> str | None:
        from botocore.exceptions import ClientError

        with _errors(self.place / name, "written"):
            try:
                return self._client.put_object(**self._at(name), Body=body, **condition)["ETag"]
            except ClientError as error:
                if error.response["Error"].get("Code") in _REFUSED:
                    return None
                raise

    def _at(self, name: str) -> dict[str, str]:
        return {"Bucket": self.place.bucket, "Key": (self.place / name).prefix}

    @property
    def _client(self) -> Any:  # noqa: ANN401  boto3 makes its clients' classes at run time
        return _client(self.place.endpoint_url, self.place.region, self.place.path_style, os.getpid())


@cache
def _client(endpoint_url: str | None, region: str | None, path_style: bool, pid: int) -> Any:  # noqa: ANN401  as above
    """One per server and process: making it takes 0.2 s, threads may share it, a forked child may not."""
    from boto3.session import Session
    from botocore.config import Config

    return Session().client(
        "s3",
        endpoint_url=endpoint_url,
        region_name=region,
        config=Config(
            s3={"addressing_style": "path" if path_style else "virtual"},
            connect_timeout=CONNECT_S,
            read_timeout=READ_S,
            retries={"mode": "standard", "total_max_attempts": TRIES},
            request_checksum_calculation="when_required",  # many servers other than AWS refuse the newer ones
            response_checksum_validation="when_required",
        ),
    )


def _date(reply: dict[str, Any]) -> datetime:
    """When the server answered, by its own clock."""
    said = reply["ResponseMetadata"]["HTTPHeaders"].get("date")
    return parsedate_to_datetime(said) if said else datetime.now(UTC).replace(microsecond=0)


@contextmanager
def _errors(place: S3Place, done: str) -> Iterator[None]:
    """boto3's errors as a LakeError. Their own text is not chained: a server may repeat in it what was signed."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        raise _unusable(place, done, str(error.response["Error"].get("Code"))) from None
    except BotoCoreError as error:
        raise _unusable(place, done, f"{type(error).__name__}: {one_line(str(error), 200)}") from None


def _unusable(place: S3Place, done: str, why: str) -> LakeError:
    if why in ("NoSuchBucket", "404"):
        mend = "Create the bucket, or correct `[lake] uri`."
    elif why in _KEYS_DO_NOT_FIT or why.startswith(("NoCredentials", "PartialCredentials", "CredentialRetrieval")):
        mend = (
            "Check that AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, where there is one, AWS_SESSION_TOKEN are set, "
            "valid, and allowed to list, read, write and delete there."
        )
    else:
        mend = f"Check `[lake] endpoint_url` ({place.endpoint_url or 'of AWS'}), `region` and the network."
    return LakeError(f"{place}: the object cannot be {done} ({why}). {mend}")
