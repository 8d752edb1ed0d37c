"""The slides' Table 2 on the classroom split: 6 models × 20 epochs, trained and scored."""

from timeit import timeit

from dshcourse.study.experiments import run as run_table
from tools.benchmarks.timing import show


def run():
    seconds = timeit(lambda: run_table("table2", seeds=[0], jobs=2, alpha=[0.005, 0.01]), number=1)
    show("Table 2, two processes", seconds, 1, limit=90)
