"""A4: the automatic run on new queries and new classes."""

import re
import subprocess
import sys
from collections import Counter

import nbformat
import pytest

from tools.handouts import baselines, feedback, project
from tools.handouts.course import NOTEBOOKS
from tools.handouts.examiner import Examinee, examine
from tools.handouts.library import library
from tools.handouts.mistakes import bundles, mistakes
from tools.handouts.sandbox import Limits, missing_walls
from tools.handouts.saved import Result
from tools.handouts.tables import details

KNOWN = [
    pytest.param(number, mistake, id=f"{mistake.question}-{mistake.name}")
    for number, bundle in enumerate(bundles(mistakes("A4")))
    for mistake in bundle
]
LEARNING = {"q4-table2", "q4-80", "q4-82", "q4-84", "q5-51", "q5-53", "q5-55", "q5-58"}

ANSWERS = {"count", "Hasher", "answer"}  # names that the tests below ask a notebook for


def points(queries, classes):
    """{cell: points} of questions 4 and 5 for two scores."""
    earned = {}
    for cell in nbformat.read(NOTEBOOKS["A4"], as_version=4).cells:
        found = re.search(r'assert results\["(\w+)"\] (>=?) ([\d.]+),', cell.source)
        if found:
            which, sign, least = found.groups()
            score = {"queries": queries, "classes": classes}[which]
            mark, passes = cell.metadata.nbgrader, score > float(least)
            if passes or (sign == ">=" and score == float(least)):
                earned[mark.grade_id] = mark.points
    return earned


def earned(hasher):
    """{cell: points} of questions 4 and 5 for what a function of no argument makes."""
    return points(project.new_queries(hasher()), project.new_classes(hasher())["all"])


def marked_notebook(group, student):
    folder = group.course.folder / "autograded" / student / "A4"
    return nbformat.read(folder / NOTEBOOKS["A4"].name, as_version=4)


@pytest.mark.slow
def test_instructor_version_gets_full_marks_and_page_and_table_show_its_scores(class_of):
    group = class_of("A4")
    marked = group.mark("instructor", group.right)
    assert marked.messages == {}
    for cell in ("q6-written", "q7-written"):
        group.course.mark_by_hand("instructor", "A4", cell, 6)
    marks = group.course.marks("instructor", "A4")
    assert sum(mark.score for mark in marks) == 30
    assert marked.total[1] == 30
    notebook = marked_notebook(group, "instructor")
    page = feedback.page("Handout A4", "instructor", notebook, marks, {}, [])
    table = str(details([Result("instructor", "A4", marks, [], notebook)]))
    for text in (page, table):
        assert re.search(r"new queries: mAP@10 0\.\d{3}", text)
        assert re.search(r"new classes: mAP@10 0\.\d{3}", text)
        assert "seconds of processor time" in text


def test_untouched_handout_gets_nothing(class_of):
    group = class_of("A4")
    marked = group.mark("untouched", group.release)
    assert all(mark.score == 0 for mark in marked.marks)


def test_steps_of_the_scores_are_worth_ten_points_of_which_one_needs_no_label():
    assert sum(points(1, 1).values()) == 10
    assert set(points(1, 1)) - LEARNING == {"q4-60"} and points(0, 0) == {}


@pytest.mark.parametrize("name", ["PCA signs, pixels and HOG", "ITQ, pixels and HOG"])
def test_best_methods_that_look_at_no_label_earn_nothing_meant_for_learning(name):
    assert earned(lambda: baselines.LABEL_FREE[name](0)) == {"q4-60": 1}


@pytest.mark.slow
@pytest.mark.parametrize("name", baselines.LABEL_FREE)
@pytest.mark.parametrize("seed", range(3))
def test_no_method_that_looks_at_no_label_earns_a_point_meant_for_learning(name, seed):
    assert not LEARNING & set(earned(lambda: baselines.LABEL_FREE[name](seed)))


def test_naming_the_old_classes_earns_nothing_among_new_ones():
    score = project.new_classes(baselines.LEARNERS["linear, names of classes"](0))["all"]
    assert points(0, score) == {}


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_learners_earn_most_and_the_model_solution_all(seed):
    of_five = earned(lambda: baselines.LEARNERS["DSH, 5 epochs"](seed))
    assert sum(of_five.values()) >= 6
    names = earned(lambda: baselines.LEARNERS["network, names of classes"](seed))
    assert sum(names.values()) == 6 and not any(cell.startswith("q5") for cell in names)
    assert sum(earned(lambda: baselines.LEARNERS["model solution"](seed)).values()) == 10


def test_every_question_has_at_least_five_known_mistakes():
    touched = Counter(q for mistake in mistakes("A4") for q in mistake.costs)
    assert set(touched) == {"q1", "q2", "q3", "q4", "q5"} and min(touched.values()) >= 5


@pytest.mark.slow
@pytest.mark.parametrize(("number", "mistake"), KNOWN)
def test_mistake_loses_exactly_the_points_meant_and_shows_its_hint(class_of, number, mistake):
    group = class_of("A4")
    marked = group.mistaken(number)
    others = {q for m in group.bundles[number] if m != mistake for q in m.costs}
    assert marked.lost({"q1", "q2", "q3", "q4", "q5"} - others) == mistake.costs
    given = [
        text for cell, text in marked.messages.items() if cell.partition("-")[0] in mistake.costs
    ]
    assert any(mistake.hint in text for text in given), given


@pytest.mark.parametrize("given", ["0.765", "76.5", "'76.50 %'", "np.float32(0.765)"])
def test_first_question_takes_a_fraction_and_per_cent(given):
    (cell,) = [c for c in nbformat.read(NOTEBOOKS["A4"], as_version=4).cells if c.id == "q1-a"]
    space = {"passed": set()}
    exec(f"import numpy as np\nto_beat = {given}\n{cell.source}", space)
    assert space["passed"] == {"1a"}


def test_library_of_the_run_has_no_image_of_a_new_class():
    program = """
from dshlib.data import load
data = load("classroom")
assert len(data.database.images) == len(data.database.labels) > 4000
assert len(data.queries.images) == len(data.queries.labels) > 600
print(*data.database.labels, *data.queries.labels)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], env={"PYTHONPATH": library(project.NEW)},
        cwd="/", capture_output=True, text=True, check=True,
    )  # fmt: skip
    labels = set(map(int, done.stdout.split()))
    assert labels == set(range(10)) - set(project.NEW)


@pytest.fixture
def examinee():
    """A function of a cell's source: the notebook that has only this cell, running."""
    made = []

    def start(source):
        made.append(Examinee([source], Limits(), library(), not missing_walls(), ANSWERS))
        return made[-1]

    yield start
    for each in made:
        each.close()


def test_nothing_of_an_earlier_run_is_left_in_a_new_process(examinee):
    running = examinee("calls = []\ndef count():\n    calls.append(1)\n    return len(calls)")
    first, second = (f'assert count() == {n}, "1: "' for n in (1, 2))
    for source in (first, second, f"### IN A NEW PROCESS\n{first}", second):
        assert examine(source, {}, running) == (None, "")


@pytest.mark.parametrize("where", ["fit", "encode", "a process that encode starts"])
def test_processor_time_counts_work_wherever_it_is_done(examinee, where):
    work = "import time\nstart = time.process_time()\nwhile time.process_time() < start + 1: pass"
    running = examinee(f'''
import subprocess, sys
class Hasher:
    def fit(self):
        {"exec(work)" if where == "fit" else "pass"}
    def encode(self):
        {"exec(work)" if where == "encode" else "pass"}
        {"subprocess.run([sys.executable, '-c', work])" if "process" in where else "pass"}
work = {work!r}
''')  # fmt: skip
    source = """
hasher = Hasher()
start = processor_seconds()
hasher.fit()
hasher.encode()
assert processor_seconds() - start > 0.8, "3: "
"""
    assert examine(source, {}, running) == (None, "")


def test_what_a_test_prints_is_shown_also_when_it_fails(examinee):
    running = examinee("answer = 3")
    source = 'print("scored", answer)\nassert answer > 3, "1: too low"'
    assert examine(source, {}, running) == ("1: too low", "scored 3\n")
