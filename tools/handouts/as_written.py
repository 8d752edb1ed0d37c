"""What students wrote, as text: a page of nbgrader's would run the HTML in their Markdown cells."""

import html

from nbconvert.preprocessors import Preprocessor


class AsWritten(Preprocessor):
    """Escape every Markdown cell that is not the course's own."""

    enabled = True

    def preprocess_cell(self, cell, resources, index):
        given = cell.metadata.get("nbgrader", {})
        if cell.cell_type == "markdown" and not (given.get("locked") and given.get("grade_id")):
            text = html.escape(cell.source)
            cell.source = f'<pre style="white-space: pre-wrap; font: inherit">{text}</pre>'
        return cell, resources
