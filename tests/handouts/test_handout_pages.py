"""nbgrader's own pages of feedback run nothing that a student wrote."""

import re

import nbformat

from tools.handouts.mistakes import answered

SNEAKY = """Look: <script>steal()</script> <img src="x" onerror="steal()">
<svg onload="steal()"></svg> [here](javascript:steal()) <a href="javascript:steal()">here</a>
<iframe srcdoc="steal()"></iframe>

Here **bold** is bold."""


def test_a_page_of_feedback_runs_no_script_of_a_student(class_of):
    group = class_of("A1")
    answers = group.model | {
        "q7-written": SNEAKY,
        "q1": "print('<script>steal()</script>')\nraise ValueError('<script>steal()</script>')",
    }
    notebook = answered(group.release, answers)
    notebook.cells += [
        nbformat.v4.new_raw_cell(SNEAKY, metadata={"format": "text/html"}),
        nbformat.v4.new_markdown_cell(SNEAKY),
    ]
    group.mark("sneaky", notebook)
    result = group.course.api.generate_feedback("A1", "sneaky")
    assert result["success"], result["log"]
    (path,) = (group.course.folder / "feedback" / "sneaky").rglob("*.html")
    page = path.read_text(encoding="utf-8")
    assert page.count("Here **bold** is bold") == 3 and "<h2" in page
    assert not re.search(
        r"<script>steal|<(img|svg|iframe)[^>]*steal|<a [^>]*javascript:steal", page
    )
