"""Time all areas, or those named on the command line: a line for each measurement."""

import argparse
import importlib
import os
import platform
from importlib.metadata import version

from dshcourse.console import any_character
from tools.benchmarks.timing import LINE

AREAS = ("metric", "ranking", "training", "tables", "table2", "demos", "browser", "grading")
PACKAGES = ("numpy", "scipy", "torch", "faiss-cpu", "torchmetrics", "nearpy", "jupyterlab")


@any_character()
def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m tools.benchmarks", description=__doc__)
    parser.add_argument("areas", nargs="*", choices=(*AREAS, "all"), default="all")
    chosen = parser.parse_args(arguments).areas
    print(f"{os.cpu_count()} processors ({platform.machine()}), Python {platform.python_version()}")
    print(", ".join(f"{name} {version(name)}" for name in PACKAGES))
    for name in AREAS if "all" in chosen else chosen:
        area = importlib.import_module(f"tools.benchmarks.{name}")
        load = f"Load of the machine before: {os.getloadavg()[0]:.1f}"
        print(f"\n{name}: {area.__doc__.strip()}\n{load}")
        print(LINE.format("what", "ours", "runs", "peer", "peer's", "ratio", "target"), flush=True)
        area.run()


if __name__ == "__main__":
    main()
