"""The animation of 62_video plays in a real browser: in JupyterLab, as the book stores it, the picture changes while one looks."""
import time

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait
from test_browser import CHROMIUM, DRIVER, address, browser, checkout  # noqa: F401


@pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="no Chromium with its driver here")
def test_the_animation_plays_in_jupyterlab(address, browser, checkout):  # noqa: F811
    browser.get(address.replace("00_start_here", "62_video"))
    found = WebDriverWait(browser, 120).until(
        lambda b: b.find_elements(By.CSS_SELECTOR, ".jp-OutputArea-output img[src^='data:image/gif']"))
    (film,) = found
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", film)
    WebDriverWait(browser, 30).until(lambda b: film.size["width"] > 50 and b.execute_script("return arguments[0].complete", film))
    seen = set()
    for _ in range(12):
        seen.add(film.screenshot_as_png)
        time.sleep(0.35)
    assert len(seen) >= 4, "the animation stands still"
    (still,) = browser.find_elements(By.CSS_SELECTOR, ".jp-OutputArea-output img[src^='data:image/png']")[:1]
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", still)
    time.sleep(1)
    assert len({still.screenshot_as_png for _ in range(3)}) == 1                  # the test can tell a film from a still picture
