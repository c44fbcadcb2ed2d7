"""Proves that an S3 server keeps the condition of a conditional put, on which every commit and every lease rests."""

from functools import cache
from uuid import uuid4

from evalpipe.core.errors import LakeError
from evalpipe.store.objects import Objects
from evalpipe.store.s3_place import S3Place


@cache
def require_conditional_puts(place: S3Place) -> None:
    """Put one object twice, and over one that is not there any more; a server that takes the second loses commits.

    Once per process and place, four requests. Raises: LakeError: it ignores the condition, or cannot be used at all.
    """
    objects, name = Objects(place), f"_probe/{uuid4().hex}"
    try:
        etag = objects.put_new(name, b"first")
        again = objects.put_new(name, b"second")
        stale = objects.put_over(name, b"third", '"0123456789abcdef0123456789abcdef"') if etag else None
    finally:
        objects.delete([name])
    for header, taken in (("If-None-Match", again), ("If-Match", stale)):
        if taken is not None:
            raise LakeError(
                f"{place}: the server at {place.endpoint_url or 'AWS'} ignores `{header}`: it put an object over one "
                "that the condition protects. Two writers would overwrite each other's commits, and answers that were "
                "paid for would be lost without a word. Use a server with conditional puts (AWS S3, SeaweedFS, MinIO, "
                "Ceph and R2 have them), or let `[lake] uri` name a local folder."
            )
