"""Settings of the site; tools/website.py calls Sphinx with them and says what they are applied to."""
import socket
import sys
import time
import types
from pathlib import Path

import sphinxcontrib.katex

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))

import website  # noqa: E402


class Patient(socket.socket):
    """The socket of the formulas' server is there a moment before anybody listens: on a busy machine the first call is refused."""

    def connect(self, address):
        for _ in range(600):
            try:
                return super().connect(address)
            except ConnectionRefusedError:
                time.sleep(0.1)


project = "Attention, step by step"
author = "the authors of Attention, step by step"
extensions = ["myst_nb", "sphinxcontrib.katex"]

nb_execution_mode = "off"
nb_merge_streams = True
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 4
myst_heading_slug_func = "website.slug"

sphinxcontrib.katex.STARTUP_TIMEOUT = sphinxcontrib.katex.RENDER_TIMEOUT = 300        # seconds; a busy machine needs more than five
sphinxcontrib.katex.socket = types.SimpleNamespace(**{**vars(socket), "socket": Patient})
katex_prerender = True
katex_css_path = "katex/katex.min.css"

html_theme = "furo"
html_title = project
html_favicon = "static/icon.svg"
html_static_path = ["static"]
html_css_files = ["book.css", ("paper.css", {"media": "print"})]
html_js_files = ["book.js", "runtime.js", "exercises.js"]
html_copy_source = False
html_show_sphinx = False
html_theme_options = {"top_of_page_buttons": []}


def actions(app, page, template, context, doctree):
    """What stands above a chapter: the notebook to download; a chapter that runs in the page is marked for its script."""
    name = page.rpartition("/")[2]
    if (ROOT / "notebooks" / f"{name}.ipynb").exists():
        kind = "actions live" if website.live(name) else "actions"
        context["body"] = f'<p class="{kind}"><a href="{name}.ipynb" download>Download this notebook</a></p>\n' + context["body"]


def made(app, config):
    """What was made beside the source belongs to the static files too."""
    config.html_static_path.append(str(app.srcdir.parent / "static"))


def setup(app):
    app.connect("config-inited", made)
    app.connect("html-page-context", actions)
