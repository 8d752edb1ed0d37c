"""The settings of the course in nbgrader. See teacher/guide.md."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # tools.handouts

c = get_config()  # noqa: F821
c.CourseDirectory.course_id = "dsh"
c.ClearSolutions.code_stub = {"python": "# your answer"}
c.ClearSolutions.text_stub = "*Write your answer here.*"
c.OverwriteCells.add_missing_cells = True
c.Autograde.autograde_preprocessors = [
    "tools.handouts.examiner.Examiner",  # instead of Execute: tests and students kept apart
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.GenerateFeedback.preprocessors = [
    "nbgrader.preprocessors.GetGrades",
    "nbgrader.preprocessors.ClearHiddenTests",  # or the page would print them
    "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
]
c.HTMLExporter.preprocessors = ["tools.handouts.as_written.AsWritten"]  # feedback and formgrader
