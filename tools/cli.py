# PYTHON_ARGCOMPLETE_OK
"""The `barewire` program: one parser, one place that turns errors into text or JSON and an exit code.

Each verb is a module with SUMMARY, CODES, EXAMPLES, `add_arguments(parser)` and `run(args) -> Exit`.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from barewire import __version__
from barewire.errors import BarewireError, UsageError
from barewire.tools import exits, sanitize
from barewire.tools.exits import Exit
from barewire.tools.output import print_json

VERBS = (
    "doctor", "list", "demo", "run", "serve", "decode", "disasm", "bench",
    "lookup", "peek", "poke", "snapshot", "diff", "watch", "vm",
    "status", "bind", "unbind", "reset",
)  # fmt: skip

DESCRIPTION = "Drive an NVIDIA GPU from Python, without CUDA, every word visible."


class WrongCommandLine(UsageError):
    """The command line cannot be understood."""


class Parser(argparse.ArgumentParser):
    """An argument parser that raises instead of leaving the process, so that errors have one way out."""

    _interleaving = False

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As argparse does it, but options and words may come in any order (FILE --grid 4 in:x.npy)."""
        if self._subparsers is not None or self._interleaving:
            return super().parse_known_args(args, namespace)
        self._interleaving = True
        try:
            return self.parse_known_intermixed_args(args, namespace)
        finally:
            self._interleaving = False

    def error(self, message: str) -> NoReturn:
        usage = " ".join(self.format_usage().removeprefix("usage: ").split())
        raise WrongCommandLine(message, hint=f"usage: {usage}")


def build_parser() -> argparse.ArgumentParser:
    """The parser with every verb."""
    parser = Parser(
        prog="barewire", description=DESCRIPTION, epilog=exits.table_text(), allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("--version", action="version", version=f"barewire {__version__}")
    common = common_options()
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", parser_class=Parser)
    for name in VERBS:
        module = _module(name)
        verb = verbs.add_parser(
            name, help=module.SUMMARY, description=_sentence(module.SUMMARY), epilog=_epilog(module),
            parents=[common], allow_abbrev=False, formatter_class=argparse.RawDescriptionHelpFormatter,
        )  # fmt: skip
        if Exit.UNDEFINED in module.CODES:
            sanitize.add_option(verb)
        module.add_arguments(verb)
        verb.set_defaults(verb=name)
    helper = verbs.add_parser("help", help="show the help of barewire or of one verb", allow_abbrev=False)
    helper.add_argument("topic", nargs="?", choices=VERBS, metavar="VERB", help="the verb to explain")
    helper.set_defaults(json=False, debug=False)
    return parser


def common_options() -> Parser:
    """What every verb understands."""
    common = Parser(add_help=False)
    common.add_argument(
        "--device",
        metavar="DEVICE",
        help='which device: "nv:0", "vfio:0000:01:00.0", "vfio-user:/path.sock" or "soft:gh100" '
        "(default: a GPU if there is one, else soft:gh100)",
    )
    common.add_argument("--json", action="store_true", help="print one JSON document, of errors too")
    common.add_argument("--debug", action="store_true", help="show where in barewire an error came from")
    return common


def _module(verb: str) -> Any:
    return importlib.import_module(f"barewire.tools.{verb}")


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:] + "."


def _epilog(module: Any) -> str:
    examples = "\n".join(f"  {line}" for line in module.EXAMPLES.splitlines())
    return f"examples:\n{examples}\n\n{exits.table_text(module.CODES)}"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program and return its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    _tolerate_any_encoding()
    try:
        return int(_run(words))
    except BrokenPipeError:
        _silence_stdout()
        return Exit.PIPE_CLOSED
    except KeyboardInterrupt:
        print("barewire: interrupted", file=sys.stderr)
        return Exit.INTERRUPTED
    except BarewireError as error:
        return _fail(words, error, exits.exit_for(error), str(error), error.to_dict())
    except Exception as error:
        text = (
            f"a defect of barewire: {type(error).__name__}: {error}\n    Run again with --debug to see where."
        )
        data = {
            "error": type(error).__name__,
            "message": str(error),
            "hint": "Run again with --debug to see where.",
        }
        return _fail(words, error, Exit.INTERNAL, text, data)


def _run(words: list[str]) -> int:
    parser = build_parser()
    if "_ARGCOMPLETE" in os.environ:
        _complete(parser)
    try:
        args = parser.parse_args(words)
    except SystemExit as ended:  # --help and --version, once they have printed
        return int(ended.code or 0)
    if args.verb is None:
        parser.print_help(sys.stderr)
        return Exit.USAGE
    if args.verb == "help":
        return _run([args.topic, "--help"] if args.topic else ["--help"])
    try:
        code: Exit = _module(args.verb).run(args)
    except BarewireError as error:
        error.__dict__["findings"] = sanitize.found_by(args) if sanitize.wanted(args) else None
        raise
    return code


def _fail(words: list[str], error: Exception, code: Exit, text: str, data: dict[str, Any]) -> int:
    """Print an error as was asked for: its own text or an object; where it arose only with --debug."""
    if "--debug" in words:
        import traceback

        traceback.print_exception(error)
    found = error.__dict__.get("findings")
    if "--json" in words:
        told = {} if found is None else {"findings": sanitize.rows(found)}
        print_json({**data, **told, "exit_code": int(code)})
    else:
        print(f"barewire: {text}", file=sys.stderr)
        if found is not None:
            sanitize.print_findings(found)
    return int(code)


def _complete(parser: argparse.ArgumentParser) -> None:
    try:
        import argcomplete  # type: ignore[import-not-found,unused-ignore]  # an extra
    except ImportError:
        return
    argcomplete.autocomplete(parser)


def _tolerate_any_encoding() -> None:
    """A terminal that cannot show a letter shows a stand-in, not a traceback."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def _silence_stdout() -> None:
    """Python flushes standard output once more at exit; give it a place where that cannot fail."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
