"""Says in one sentence what is missing before a virtual environment can be made."""

import importlib.util
import sys

if sys.version_info < (3, 11):  # noqa: UP036  this runs before any package was chosen for the Python at hand
    sys.exit(f"evalpipe needs Python 3.11 or later, this is {sys.version.split()[0]}: make PYTHON=python3.11 ...")
if importlib.util.find_spec("ensurepip") is None:
    sys.exit("python3-venv is missing: apt-get install python3-venv")
