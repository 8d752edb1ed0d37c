"""A4: the automatic run on new queries and new classes."""

from collections import Counter

import pytest

from tools.handouts.mistakes import bundles, mistakes

KNOWN = [
    pytest.param(number, mistake, id=f"{mistake.question}-{mistake.name}")
    for number, bundle in enumerate(bundles(mistakes("A4")))
    for mistake in bundle
]


def test_instructor_version_gets_full_marks(class_of):
    group = class_of("A4")
    marked = group.mark("instructor", group.right)
    assert marked.messages == {}
    for cell in ("q6-written", "q7-written"):
        group.course.mark_by_hand("instructor", "A4", cell, 6)
    assert sum(mark.score for mark in group.course.marks("instructor", "A4")) == 30
    assert marked.total[1] == 30


def test_untouched_handout_gets_nothing(class_of):
    group = class_of("A4")
    marked = group.mark("untouched", group.release)
    assert all(mark.score == 0 for mark in marked.marks)


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
