"""python -m benchmarks [NAME ...]: run all benchmarks or these, each in a process of its own, and print their tables.

python -m benchmarks --readme: put the tables of the stored results into README.md and docs; nothing is measured.
"""

import subprocess
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from pathlib import Path

from benchmarks import NAMES
from benchmarks.common import RESULTS, ROOT
from benchmarks.readme import update
from trainer.util.errors import UserError

PAGES = (
    "README.md",
    *(
        f"docs/{name}.md"
        for name in ("diagnostics", "gans", "hardening", "importing", "exporting", "editing", "translate", "training")
    ),
)


def run(names: list[str], out: Path) -> list[str]:
    """Run benchmarks one after the other. Returns the names of those that failed."""
    failed = []
    for name in names:
        print(f"## {name}", flush=True)
        command = [sys.executable, "-m", f"benchmarks.{name}", "--out", str(out.absolute())]
        if subprocess.run(command, cwd=ROOT).returncode:
            failed.append(name)
    return failed


def main() -> None:
    parser = ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)} [all]")
    parser.add_argument("--readme", action="store_true", help="only put the stored tables into README.md")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the records [%(default)s]")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.names if name not in NAMES]
    if unknown:
        parser.error(f"unknown benchmark {unknown[0]!r}. Choose from: {', '.join(NAMES)}.")
    if arguments.readme:
        try:
            names = [name for page in PAGES for name in update(ROOT / page, arguments.out)]
        except UserError as error:
            sys.exit(f"error: {error}")
        print(f"{', '.join(PAGES)}: tables of {', '.join(names) or 'no benchmark: no <!-- bench:NAME --> marker'}.")
        return
    failed = run(arguments.names or list(NAMES), arguments.out)
    if failed:
        sys.exit(f"error: failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
