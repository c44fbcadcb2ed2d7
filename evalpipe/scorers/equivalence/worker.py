# pyright: basic, reportAttributeAccessIssue=false, reportArgumentType=false
# ruff: noqa: ANN401  sympy and the parser have no types to speak of
"""The program that compares expressions: one request a line on stdin, one verdict a line on stdout, both JSON.

It is started as `python -I worker.py MEMORY_BYTES`, with no environment to speak of, and ends with its stdin. Text
reaches sympy by the LaTeX parser of math-verify alone, which is a grammar; its numbers go to `sympy.Number`, and from
there to `eval`, so they are read here instead. Whatever would evaluate Python text is replaced by a function that
raises, and an audit hook refuses processes, sockets and written files.

What math-verify holds equal is checked again with 50 digits: it takes 3.141592653589793 for pi.
"""

import builtins
import json
import re
import resource
import signal
import sys
from fractions import Fraction
from typing import Any, NoReturn

MAX_DIGITS = 200  # of one number
NUMBER = re.compile(r"[0-9]*\.?[0-9]*(?:[eE][-+]?[0-9]{1,3})?")
DIGITS = 50
CLOSE = 30  # digits that must agree; the others are lost in rounding
POINTS = ((3, 7), (-5, 11), (13, 5), (-2, 3))  # where expressions with variables are checked: x, then y = x + 1/19 ...

_REFUSED = (
    "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.forkpty", "os.remove", "os.rename", "os.rmdir",
    "os.mkdir", "os.link", "os.symlink", "os.chmod", "os.chown", "os.putenv", "subprocess.Popen", "pty.spawn", "shutil",
    "socket", "ctypes", "urllib", "ftplib", "smtplib",
)  # fmt: skip

# Compared before anything is taken away: modules that sympy imports late build their classes with `eval`.
WARM_UP = (
    ("(x+1)^2", "x^2+2x+1"), ("\\sin^2{x}+\\cos^2{x}", "1"), ("e^{i\\pi}", "-1"),
    ("\\frac{1}{\\sqrt{2}+1}", "\\sqrt{2}-1"),
    ("\\log_2 8 + \\ln x", "3 + \\ln{x}"), ("\\binom{5}{2} + 3!", "16"), ("|x|", "\\sqrt{x^2}"),
    ("\\tan{2x}", "\\frac{x}{y}"),
    ("\\arcsin{x}", "2^{x}"), ("\\sqrt[3]{x^2}", "x^{\\frac{2}{3}}"),
)  # fmt: skip


def refuse(*_: object, **__: object) -> NoReturn:
    raise PermissionError("text is never evaluated here")


def audit(event: str, args: tuple[Any, ...]) -> None:
    if event.startswith(_REFUSED):
        raise PermissionError(f"{event} is refused")
    if event == "open" and isinstance(args[1], str) and set(args[1]) & set("wax+"):
        raise PermissionError("no file is written here")


def exact_number(text: str) -> Any:
    """The fraction that digits write: 0.5 is 1/2, and 0.333 is not 1/3. Raises ValueError for all that is no number."""
    from sympy import Rational

    plain = text.replace(",", "").replace(" ", "")
    if len(plain) > MAX_DIGITS or not NUMBER.fullmatch(plain):
        raise ValueError("not a number")
    value = Fraction(plain)
    return Rational(value.numerator, value.denominator)


def disarm(memory_bytes: int) -> None:
    """Take away what could run a text, and limit memory. To be called when all that is heavy is imported."""
    import latex2sympy2_extended.latex2sympy2 as latex
    import math_verify.parser as extraction
    import sympy.parsing
    import sympy.parsing.sympy_parser as python
    import sympy.physics.units

    latex.convert_number = exact_number
    latex._Latex2Sympy.parse_number = lambda _, text: exact_number(text)
    for one, other in WARM_UP:
        expressions_equal(one, other)
    relations_equal(["y", "2x+1"], ["2x-y+1", "0"], directed=True)
    for module in (latex, extraction, sympy.parsing, python):
        for name in ("parse_expr", "eval_expr"):
            if hasattr(module, name):
                setattr(module, name, refuse)
    builtins.eval = refuse
    sys.dont_write_bytecode = True
    resource.setrlimit(resource.RLIMIT_DATA, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.addaudithook(audit)


def parsed(latex: str) -> Any:
    """The expression, in which i is the imaginary unit. Raises whatever the parser raises."""
    from latex2sympy2_extended.latex2sympy2 import ConversionConfig, latex2sympy
    from math_verify.grader import should_treat_as_complex
    from sympy import I

    said: Any = latex2sympy(
        latex,
        is_real=not should_treat_as_complex(latex),
        convert_degrees=False,
        normalization_config=None,
        conversion_config=ConversionConfig(lowercase_symbols=False),
    )
    imaginary = [symbol for symbol in getattr(said, "free_symbols", ()) if symbol.name == "i"]
    return said.subs(dict.fromkeys(imaginary, I)) if imaginary else said


def expressions_equal(answer: str, target: str) -> bool:
    from math_verify import verify
    from sympy import Expr
    from sympy.matrices import MatrixBase

    one, other = parsed(answer).doit(), parsed(target).doit()
    matrices = [isinstance(each, MatrixBase) for each in (one, other)]
    if any(matrices):
        return all(matrices) and one.shape == other.shape and all(map(values_equal, one.flat(), other.flat()))
    if not isinstance(one, Expr) or not isinstance(other, Expr):
        return bool(one == other)
    return values_equal(one, other) if verify(other, one, timeout_seconds=None, raise_on_error=True) else False


def values_equal(one: Any, other: Any) -> bool:
    """Both agree in CLOSE digits wherever they are looked at, at one point at least."""
    symbols = sorted(one.free_symbols | other.free_symbols, key=str)
    if one.free_symbols != other.free_symbols and not (one.free_symbols and other.free_symbols):
        return False
    from sympy import Rational

    looked = 0
    for top, bottom in POINTS if symbols else POINTS[:1]:
        at = {symbol: Rational(top, bottom) + Rational(row, 19) for row, symbol in enumerate(symbols)}
        left, right = one.subs(at), other.subs(at)
        if not (left.is_finite and right.is_finite):
            if left != right:
                continue
            looked += 1
            continue
        difference = (left - right).evalf(DIGITS, maxn=4 * DIGITS)
        size = max(abs(left.evalf(DIGITS)), abs(right.evalf(DIGITS)), Rational(1, 10**CLOSE))
        if not difference.is_number or abs(difference) > size / 10**CLOSE:
            return False
        looked += 1
    return looked > 0


def relations_equal(answer: list[str], target: list[str], *, directed: bool) -> bool:
    """Two equations, or two inequalities `left > right`, that say the same: one is a multiple of the other."""
    from sympy import simplify

    one, other = parsed(answer[0]) - parsed(answer[1]), parsed(target[0]) - parsed(target[1])
    if one.free_symbols != other.free_symbols or not one.free_symbols:
        return False
    factor = simplify(one / other)
    if factor.free_symbols or not factor.is_finite or factor.is_zero:
        return False
    return values_equal(one, factor * other) and (not directed or bool(factor.is_positive))


def verdict(request: dict[str, Any]) -> dict[str, Any]:
    kind, answer, target = request["kind"], request["answer"], request["target"]
    try:
        if kind == "expression":
            return {"equal": expressions_equal(answer, target)}
        return {"equal": relations_equal(answer, target, directed=kind == "inequality")}
    except MemoryError:
        return {"equal": None, "reason": "the comparison needs too much memory"}
    except RecursionError:
        return {"equal": None, "reason": "the expression is nested too deep"}
    except Exception as error:  # noqa: BLE001  the process's edge: the parser raises bare Exception
        return {"equal": None, "reason": f"it cannot be read as mathematics ({type(error).__name__})"}


def main() -> None:
    answers = sys.stdout
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the caller decides
    sys.stdout = sys.stderr  # whatever a library prints is no verdict
    disarm(int(sys.argv[1]))
    print("ready", file=answers, flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        # CPU time, and nobody catches the signal: the process ends, also where its caller was killed meanwhile.
        signal.setitimer(signal.ITIMER_PROF, request["limit_s"])
        said = verdict(request)
        signal.setitimer(signal.ITIMER_PROF, 0)
        print(json.dumps(said), file=answers, flush=True)


if __name__ == "__main__":
    main()
