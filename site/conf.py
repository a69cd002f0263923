"""Settings of the site; tools/website.py calls Sphinx with them and says what they are applied to."""
import re
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

templates_path = ["templates"]
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


def named(caption):
    """A caption of the sidebar, such as a part's, names the list below it; as a heading it would stand before the page's title."""
    name = f"part-{website.slug(caption[1])}"
    return f'<p class="caption" id="{name}"><span class="caption-text">{caption[1]}</span></p>\n<ul aria-labelledby="{name}"'


def read_aloud(app, page, template, context, doctree):
    """For screen readers: the sidebar's lists have names, and a table's empty corner heads nothing."""
    captions = r'<p class="caption" role="heading"><span class="caption-text">([^<]*)</span></p>\n<ul'
    context["furo_navigation_tree"] = re.sub(captions, named, context["furo_navigation_tree"])
    context["body"] = re.sub(r'<th( class="head")?>(<p></p>)?</th>', r"<td\1></td>", context.get("body", ""))


def made(app, config):
    """What was made beside the source belongs to the static files too."""
    config.html_static_path.append(str(app.srcdir.parent / "static"))


def setup(app):
    app.connect("config-inited", made)
    app.connect("html-page-context", actions)
    app.connect("html-page-context", read_aloud, priority=900)           # after furo, which makes the sidebar
