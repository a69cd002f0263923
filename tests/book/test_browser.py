"""A learner's first minutes in a real browser: tools/lab.py serves the book, 00_start_here opens unmodified and runs, a heat map and
a check's answer appear, no news is offered, and a line wider than the page gets a scroll bar.

Wants Chromium and its driver (Debian: chromium, chromium-driver); without them it is skipped, and CI installs them.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import book
import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

ROOT = Path(__file__).parents[2]
CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--window-size=1400,1000"]


@pytest.fixture
def checkout(tmp_path):
    """A copy of the checkout, so that the learner's own work/ is left alone."""
    for name in ("attnlib", "figures", "notebooks", "requirements", "tools", "constraints.txt", "pyproject.toml", "README.md"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tmp_path / name)
    return tmp_path


@pytest.fixture
def address(checkout):
    """The address of JupyterLab, started as `make lab` starts it."""
    settings = checkout / "settings" / "@jupyterlab" / "notebook-extension"
    settings.mkdir(parents=True)
    (settings / "tracker.jupyterlab-settings").write_text(json.dumps({"windowingMode": "none"}))     # every cell is in the page
    env = book.environment(HOME=str(checkout), JUPYTERLAB_SETTINGS_DIR=str(checkout / "settings"), PYTHONPATH=str(checkout))
    options = ["--no-browser", "--allow-root", "--ServerApp.port=0", "--IdentityProvider.token=book"]
    with open(checkout / "log", "w") as log:
        server = subprocess.Popen([sys.executable, "tools/lab.py", *options], cwd=checkout, env=env, stdout=log, stderr=log,
                                  start_new_session=True)
    try:
        for _ in range(120):
            found = re.search(r"(http://(?:localhost|127\.0\.0\.1):[1-9]\d*)/lab", (checkout / "log").read_text())
            if found:
                break
            assert server.poll() is None, (checkout / "log").read_text()
            time.sleep(0.5)
        yield f"{found[1]}/lab/tree/work/00_start_here.ipynb?token=book"
    finally:
        os.killpg(server.pid, 15)
        server.wait(30)


@pytest.fixture
def browser(tmp_path):
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in [*FLAGS, f"--user-data-dir={tmp_path / 'profile'}"]:
        options.add_argument(flag)
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    yield driver
    driver.save_screenshot(str(tmp_path / "page.png"))
    driver.quit()


@pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="no Chromium with its driver here")
def test_the_first_notebook_runs_in_a_browser(address, browser, checkout):
    wait = WebDriverWait(browser, 120)

    def shown(words):
        return [e for e in browser.find_elements(By.CSS_SELECTOR, ".jp-OutputArea-output") if words in e.text]

    def pictures():
        return browser.find_elements(By.CSS_SELECTOR, ".jp-OutputArea-output img")

    def menu(name, entry):
        wait.until(lambda b: b.find_elements(By.XPATH, f"//*[contains(@class,'lm-MenuBar-item')]//*[text()='{name}']"))[0].click()
        wait.until(lambda b: b.find_elements(By.XPATH, f"//*[contains(@class,'lm-Menu-itemLabel')][text()='{entry}']"))[0].click()

    browser.get(address)
    wait.until(lambda b: pictures() and shown("not attempted yet"))            # what the book stores
    wait.until(lambda b: "| Idle" in b.find_element(By.ID, "jp-main-statusbar").text)     # the kernel is there
    time.sleep(2)                                                              # a notebook that opening changes shows it by now
    assert not browser.find_elements(By.CSS_SELECTOR, ".jp-mod-dirty"), "opening the notebook modified it"
    assert not browser.find_elements(By.CSS_SELECTOR, ".Toastify__toast"), "news were offered"
    styles = browser.execute_script("""return [...document.querySelectorAll('.jp-OutputArea-output pre')].map(pre =>
        [getComputedStyle(pre).whiteSpace, getComputedStyle(pre).wordBreak, getComputedStyle(pre).overflowX].join(' '))""")
    assert set(styles) == {"pre normal auto"}, "wide output breaks in the middle of a word"
    menu("Edit", "Clear Outputs of All Cells")
    wait.until(lambda b: not pictures() and not shown("not attempted yet"))
    menu("Run", "Run All Cells")
    wait.until(lambda b: pictures() and shown("00.5: not attempted yet"))      # what the learner's machine computes
    drawn = {e.get_attribute("src") for e in pictures()}
    stored = json.loads((checkout / "notebooks" / "00_start_here.ipynb").read_text(encoding="utf-8"))["cells"]
    first = next(o["data"]["image/png"] for c in stored for o in c.get("outputs", []) if "image/png" in o.get("data", {}))
    assert any(len(src) > len(first) / 2 for src in drawn)
    assert not browser.find_elements(By.CSS_SELECTOR, ".jp-Dialog")
    assert "eavesdropping" not in (checkout / "log").read_text()
