"""Settings of the site; tools/website.py calls Sphinx with them and says what they are applied to."""
import sys
from pathlib import Path

import sphinxcontrib.katex

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))

project = "Attention, step by step"
author = "the authors of Attention, step by step"
extensions = ["myst_nb", "sphinxcontrib.katex"]

nb_execution_mode = "off"
nb_merge_streams = True
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 4
myst_heading_slug_func = "website.slug"

sphinxcontrib.katex.STARTUP_TIMEOUT = sphinxcontrib.katex.RENDER_TIMEOUT = 300        # seconds; a busy machine needs more than five
server = sphinxcontrib.katex.KaTeXServer
# By its port: its file can be there before it listens, and a busy machine then finds it deaf.
server.start_server_process = server.start_network_socket
katex_prerender = True
katex_css_path = "katex/katex.min.css"

html_theme = "furo"
html_title = project
html_favicon = "static/icon.svg"
html_static_path = ["static"]
html_css_files = ["book.css", ("paper.css", {"media": "print"})]
html_js_files = ["book.js"]
html_copy_source = False
html_show_sphinx = False
html_theme_options = {"top_of_page_buttons": []}


def actions(app, page, template, context, doctree):
    """What stands above a chapter: the notebook to download."""
    name = page.rpartition("/")[2]
    if (ROOT / "notebooks" / f"{name}.ipynb").exists():
        context["body"] = f'<p class="actions"><a href="{name}.ipynb" download>Download this notebook</a></p>\n' + context["body"]


def made(app, config):
    """What was made beside the source belongs to the static files too."""
    config.html_static_path.append(str(app.srcdir.parent / "static"))


def setup(app):
    app.connect("config-inited", made)
    app.connect("html-page-context", actions)
