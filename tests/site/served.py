"""The site for its tests, made once, and Chromium to look at it with the network cut."""
import json
import os
import shutil
import time

import node
import pytest
import website
from selenium import webdriver

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
         "--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]
PHONE = {"deviceMetrics": {"width": 390, "height": 844, "pixelRatio": 2}}


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The folder of the pages, made by the first worker that wants it."""
    lacking = node.fetch()
    if lacking:
        pytest.skip(lacking)
    shared = tmp_path_factory.getbasetemp()
    shared = shared.parent if os.environ.get("PYTEST_XDIST_WORKER") else shared
    said = shared / "site.status"
    try:
        (shared / "site.begun").mkdir()
        said.with_suffix(".half").write_text(str(website.build(shared / "site")))
        said.with_suffix(".half").rename(said)
    except FileExistsError:
        for _ in range(1200):
            if said.exists():
                break
            time.sleep(1)
    assert said.read_text() == "0", "Sphinx warned; its words stand above"
    return shared / "site" / "html"


def chromium(folder, phone=False):
    """A browser that reaches this machine alone; everything that a page asks for is in its log."""
    if not (CHROMIUM and DRIVER):
        pytest.skip("no Chromium with its driver here")
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in [*FLAGS, "--window-size=1400,1000", f"--user-data-dir={folder / 'profile'}"]:
        options.add_argument(flag)
    if phone:
        options.add_experimental_option("mobileEmulation", PHONE)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    driver.set_script_timeout(120)
    return driver


def asked(driver):
    """The addresses that were asked for since the last call."""
    messages = [json.loads(entry["message"])["message"] for entry in driver.get_log("performance")]
    return [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]


def complaints(driver):
    """What the pages wrote to the console as errors and warnings since the last call."""
    return [entry["message"] for entry in driver.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]
