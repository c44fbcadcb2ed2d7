"""The way into the shared cache, from the configuration and the environment."""

import os

from evalpipe.config.load import Config
from evalpipe.store.shared_access import Access


def shared_access(config: Config) -> Access | None:
    """Addresses, user and password; None where no shared cache is configured."""
    section = config.file.cache
    if not section.urls:
        return None
    return Access(
        section.urls,
        username=section.username,
        password=os.environ.get(section.password_env) if section.password_env else None,
        tls_ca=config.resolve(section.tls_ca) if section.tls_ca else None,
        wait_s=section.wait_ms / 1000,
    )
