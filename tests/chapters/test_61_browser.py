"""The clips of 61_speech sound in a real browser: JupyterLab is started as `make lab` starts it, the first cells run, a player plays."""
import importlib.util
from pathlib import Path

import pytest

SPEC = importlib.util.spec_from_file_location("browser_of_the_book", Path(__file__).parents[1] / "book" / "test_browser.py")
book_browser = pytest.importorskip("selenium") and importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(book_browser)
address, checkout = book_browser.address, book_browser.checkout

from selenium import webdriver  # noqa: E402
from selenium.webdriver.common.action_chains import ActionChains  # noqa: E402
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402
from selenium.webdriver.support.ui import WebDriverWait  # noqa: E402

PLAYS = """const done = arguments[arguments.length - 1], a = document.querySelector('.jp-OutputArea-output audio');
a.onerror = () => done('error ' + a.error.code);
a.play().then(() => setTimeout(() => done([a.duration, a.currentTime, a.readyState]), 1200)).catch(e => done('refused ' + e));"""


@pytest.fixture
def browser(tmp_path):
    options = webdriver.ChromeOptions()
    options.binary_location = book_browser.CHROMIUM
    for flag in [*book_browser.FLAGS, f"--user-data-dir={tmp_path / 'profile'}", "--autoplay-policy=no-user-gesture-required"]:
        options.add_argument(flag)
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(book_browser.DRIVER))
    yield driver
    driver.quit()


@pytest.mark.skipif(not (book_browser.CHROMIUM and book_browser.DRIVER), reason="no Chromium with its driver here")
def test_a_string_of_digits_sounds_in_jupyterlab(address, browser, checkout):
    wait = WebDriverWait(browser, 180)
    browser.set_script_timeout(60)
    browser.get(address.replace("00_start_here", "61_speech"))
    wait.until(lambda b: b.find_elements(By.CSS_SELECTOR, ".jp-CodeCell"))
    wait.until(lambda b: "| Idle" in b.find_element(By.ID, "jp-main-statusbar").text)
    browser.execute_script("document.querySelectorAll('.jp-OutputArea-output audio').forEach(a => a.remove())")      # what the book stores
    browser.find_elements(By.CSS_SELECTOR, ".jp-CodeCell .jp-InputPrompt")[0].click()
    for _ in range(7):                                                           # the imports, and what stands before the first player
        ActionChains(browser).key_down(Keys.SHIFT).send_keys(Keys.ENTER).key_up(Keys.SHIFT).perform()
    wait.until(lambda b: b.find_elements(By.CSS_SELECTOR, ".jp-OutputArea-output audio"))
    played = browser.execute_async_script(PLAYS)
    assert isinstance(played, list), played
    duration, now, ready = played
    assert 1 < duration < 6 and now > 0.5 and ready >= 3
