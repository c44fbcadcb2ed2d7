"""Where the real data lies: beside the checkout, or where EVALPIPE_SHARED_DATA says. A user's clone has none."""

import os
from pathlib import Path

import pytest

DATA = Path(os.environ.get("EVALPIPE_SHARED_DATA") or Path(__file__).parents[2] / "shared" / "data")

needs_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"no shared data at {DATA}; set EVALPIPE_SHARED_DATA")
