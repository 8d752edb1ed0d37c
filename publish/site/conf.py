"""Sphinx's settings for the site. `publish.build_site` prepares what it reads, and calls it."""

import os
import re
from pathlib import Path

from docutils import nodes

project = "Hashing for image retrieval"
language = "en"
smartquotes = False  # docstrings quote values of Python
root_doc = "course"  # index.html is the front page, which is none of Sphinx's
extensions = [
    "myst_nb", "numpydoc", "sphinx.ext.autodoc", "sphinx.ext.autosummary", "sphinx.ext.mathjax",
    "sphinx.ext.viewcode",
]  # fmt: skip
exclude_patterns = ["README.md", "start.md", "downloads/*", "notebooks/assignments/*"]
templates_path = ["_templates"]
nitpicky = True
nitpick_ignore_regex = [("py:class", r"(collections|numpy|pathlib)\..*")]  # not documented here

nb_execution_mode = "off"
nb_render_markdown_format = "myst"
nb_code_prompt_show, nb_code_prompt_hide = "Show the code", "Hide the code"
myst_enable_extensions = ["amsmath", "dollarmath"]

autosummary_generate = True
autodoc_default_options = {"members": True, "member-order": "bysource"}
autodoc_preserve_defaults = True
autodoc_typehints = "none"  # the docstrings say more: shapes and allowed values
numpydoc_show_class_members = False  # autodoc does
default_role = "code"

html_theme = "sphinx_book_theme"
html_title = project
html_favicon = "_static/icon.svg"
html_static_path, html_extra_path = ["_static"], ["beside"]
html_css_files = ["site.css"]
html_js_files = ["site.js"]
html_baseurl = os.environ.get("SITE_URL", "")  # ends in a slash; preview cards need it
html_copy_source = False
html_show_copyright = html_show_sphinx = False
mathjax_path = "mathjax/tex-svg-full.js"
html_context = {"default_mode": "auto"}
html_theme_options = {
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
    "use_download_button": False,
    "navbar_persistent": [],  # the sidebar has the search
    "collapse_navbar": True,
    "logo": {"text": project, "link": "index.html"},
}


SECTION = re.compile(
    r"(?<=[.:)])\s+(?=(?:Parameters|Returns|Raises|Fitted attributes|Attributes?)\b)"
)
CHAPTERS = {path.name[:2]: path.stem for path in (Path(__file__).parent / "notebooks").glob("*")}


CODE = r"``.*?``|`[^`\n]*`|^ *>>> .*(?:\n.+)*"  # a word, or an example with its output
PARAMETER = r"^[\w, ]+ : .*"  # numpydoc takes care of it


def as_markup(app, what, name, thing, options, lines):
    """Docstrings are plain text: escape what Sphinx would take for markup, link the chapters."""
    kept = rf"{CODE}|^ {{4}}.*" if what == "module" else rf"{CODE}|{PARAMETER}"
    parts = re.split(f"(?m)({kept})", SECTION.sub("\n\n", "\n".join(lines)))
    for i in range(0, len(parts), 2):  # what is not kept as it is
        plain = re.sub(r"[\\*|]|(?<=\w)_(?!\w)", r"\\\g<0>", parts[i])
        parts[i] = re.sub(r"\b[Cc]hapters? \d\d(?:(?:, | and | to )\d\d)*", _linked, plain)
    text = "".join(parts)
    if what == "module":
        text = re.sub(r"\n\n(?= {4})", "\n\n::\n\n", text)
    lines[:] = text.split("\n")


def _linked(chapters):
    return re.sub(r"\d\d", lambda n: f":doc:`{n[0]} </notebooks/{CHAPTERS[n[0]]}>`", chapters[0])


def describe(app, page, template, context, doctree):
    """What search engines and preview cards say of a page: the first paragraph of its prose."""
    paragraphs = [] if doctree is None else doctree.findall(nodes.paragraph)
    prose = (text for text in (" ".join(p.astext().split()) for p in paragraphs) if " " in text)
    context["description"] = next((text for text in prose if len(text) > 60), project)[:300]
    up = "../" * page.count("/")
    context["card"] = f"{html_baseurl or up}_static/explorer.png"
    context["theme_logo"] = context.get("theme_logo", {}) | {"link": f"{up}index.html"}


def setup(app):
    """Connect the above to autodoc, before numpydoc, which connects with a priority of 500."""
    app.connect("autodoc-process-docstring", as_markup, priority=400)
    app.connect("html-page-context", describe, priority=900)
