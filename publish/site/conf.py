"""Sphinx's settings for the site. `python -m tools.site` prepares what it reads, and calls it."""

import re

project = "Hashing for image retrieval"
language = "en"
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.autosummary", "sphinx.ext.mathjax"]
exclude_patterns = ["README.md", "downloads/*", "notebooks/assignments/*"]
templates_path = ["_templates"]
nitpicky = True
nitpick_ignore_regex = [("py:class", r"(collections|numpy|pathlib)\..*")]  # not documented here

nb_execution_mode = "off"
nb_render_markdown_format = "myst"
myst_enable_extensions = ["amsmath", "dollarmath"]

autosummary_generate = True
autodoc_default_options = {"members": True, "member-order": "bysource"}
autodoc_preserve_defaults = True
default_role = "code"

html_theme = "sphinx_book_theme"
html_title = project
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_js_files = ["site.js"]
html_copy_source = False
html_show_copyright = html_show_sphinx = False
mathjax_path = "mathjax/tex-svg-full.js"
html_theme_options = {
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
    "use_download_button": False,
    "show_navbar_depth": 1,
}


def as_markup(app, what, name, thing, options, lines):
    """Docstrings are plain text: escape what Sphinx would take for markup, link the chapters."""
    text = "\n".join(lines)
    parts = re.split(r"(``.*?``|`[^`\n]*`)", text)
    parts[::2] = [re.sub(r"[\\*|]|(?<=\w)_(?!\w)", r"\\\g<0>", part) for part in parts[::2]]
    text = "".join(parts)
    text = re.sub(r"(?<=[.:)]) ?\s(?=(?:Parameters|Returns|Raises|Fitted attributes|Attributes?)\b)", "\n\n", text)
    text = re.sub(r"\n\n(?= {4})", "\n\n::\n\n", text)
    lines[:] = text.split("\n")


def setup(app):
    app.connect("autodoc-process-docstring", as_markup)
