"""A1 to A3: who earns what, and what they are told."""

from collections import Counter

import pytest
from in_process import ASSIGNMENTS, right_answers

from tools.handouts.mistakes import answered, bundles, mistakes

KNOWN = [  # the mistakes of one assignment show in every run that marking works
    pytest.param(
        a, number, mistake, id=f"{a}-{mistake.question}-{mistake.name}",
        marks=[] if a == "A1" else pytest.mark.slow,
    )
    for a in ASSIGNMENTS
    for number, bundle in enumerate(bundles(mistakes(a)))
    for mistake in bundle
]  # fmt: skip


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_instructor_version_gets_full_marks(class_of, assignment):
    group = class_of(assignment)
    marked = group.mark("instructor", group.right)
    assert marked.messages == {}
    assert [m.cell for m in marked.marks if m.score is None] == ["q7-written"]
    group.course.mark_by_hand("instructor", assignment, "q7-written", 2, "well argued")
    marks = group.course.marks("instructor", assignment)
    assert sum(mark.score for mark in marks) == sum(mark.most for mark in marks) == 20


@pytest.mark.slow
@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_right_answers_in_other_words_get_full_marks_too(class_of, assignment):
    """What passes in this process, see test_handout_forms.py, passes behind the walls."""
    group, words = class_of(assignment), right_answers(assignment)
    for number in range(max(map(len, words.values()))):
        answers = {name: list(others.values())[number % len(others)]
                   for name, others in words.items()}  # fmt: skip
        marked = group.mark(f"other-words-{number}", answered(group.release, group.model | answers))
        assert marked.messages == {}, answers


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_untouched_handout_gets_nothing_and_is_told_so(class_of, assignment):
    group = class_of(assignment)
    marked = group.mark("untouched", group.release)
    assert all(mark.score == 0 for mark in marked.marks)
    tested = [mark.cell for mark in marked.marks if not mark.by_hand]
    assert set(marked.messages) == set(tested)
    first = [
        marked.messages.get(f"q{n}-visible") or marked.messages.get(f"q{n}-hidden")
        for n in range(2, 7)
    ]
    assert all("yet" in message for message in first), first


def test_pages_of_nbgrader_itself_show_hints_and_no_hidden_test(class_of):
    """For courses that use nbgrader's exchange and formgrader instead of `make grade`."""
    group = class_of("A1")
    group.mistaken(0)
    result = group.course.api.generate_feedback("A1", "bundle-0")
    assert result["success"], result
    page = (group.course.folder / "feedback/bundle-0/A1/A1_lsh.html").read_text(encoding="utf-8")
    assert group.bundles[0][0].hint in page
    assert "HIDDEN" not in page and "default_rng" not in page and "bits_in_all" not in page


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_every_question_has_at_least_five_known_mistakes_and_5_to_8_questions(class_of, assignment):
    release = class_of(assignment).release
    questions = {c.metadata.nbgrader.grade_id for c in release.cells
                 if c.cell_type == "code" and c.metadata.nbgrader.solution}  # fmt: skip
    assert 5 <= len(questions) + 1 <= 8
    known = Counter(mistake.question for mistake in mistakes(assignment))
    assert set(known) == questions and min(known.values()) >= 5
    assert len({(m.question, m.name) for m in mistakes(assignment)}) == known.total()


@pytest.mark.parametrize(("assignment", "number", "mistake"), KNOWN)
def test_mistake_loses_exactly_the_points_meant_and_shows_its_hint(
    class_of, assignment, number, mistake
):
    marked = class_of(assignment).mistaken(number)
    assert marked.lost([mistake.question]) == mistake.costs
    given = [
        text for cell, text in marked.messages.items() if cell.startswith(mistake.question + "-")
    ]
    assert any(mistake.hint in text for text in given), given
