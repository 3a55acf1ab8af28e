"""Debian's Chromium."""

import http.client
import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.support.wait import WebDriverWait

from infra.local.servers import EmbeddedServer
from infra.local.servers.server_files import private_folder
from tests.system.programs import program

_SECONDS = 30
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)
_FETCH = """
    const [url, options, done] = arguments;
    fetch(url, options).then(
        async (answer) => done({status: answer.status, body: await answer.text()}),
        (error) => done({error: error.name}),
    );
"""
_POST_A_FORM = """
    const [url, name, value] = arguments;
    const form = document.createElement("form");
    const field = document.createElement("input");
    Object.assign(form, {method: "post", enctype: "text/plain", action: url});
    Object.assign(field, {name, value});
    form.append(field);
    document.body.append(form);
    form.submit();
"""


class Browser:
    """A browser in which one page is open."""

    def __init__(self, driver: WebDriver) -> None:
        self._driver = driver

    def open(self, url: str) -> None:
        """Go to *url*, as from the address bar."""
        self._driver.get(url)

    def open_tab(self, url: str) -> None:
        """Go to *url* in a new tab, and stay there."""
        self._driver.switch_to.new_window("tab")
        self.open(url)

    def close_tab(self) -> None:
        """Close the tab, and return to the first one."""
        self._driver.close()
        self._driver.switch_to.window(self._driver.window_handles[0])

    def fetch(self, url: str, **options: Any) -> dict[str, Any]:
        """Return what a script of the page gets: `status` and `body`, or `error` where it may not read them."""
        answer: dict[str, Any] = self._driver.execute_async_script(_FETCH, url, options)
        return answer

    def post_form(self, url: str, body: str) -> str:
        """Post *body*, which has a "=" in it, as a form of the page does; return the text of the page that answers."""
        name, _, value = body.partition("=")
        here = self._driver.current_url
        self._driver.execute_script(_POST_A_FORM, url, name, value)
        WebDriverWait(self._driver, _SECONDS, poll_frequency=0.02).until(
            lambda driver: driver.current_url != here and driver.find_elements(By.TAG_NAME, "body")
        )
        return self._driver.find_element(By.TAG_NAME, "body").text

    def cookies_that_scripts_see(self) -> str:
        """Return the page's `document.cookie`."""
        return str(self._driver.execute_script("return document.cookie"))

    def cookies(self) -> list[dict[str, Any]]:
        """Return the cookies that the browser keeps for the page, as it keeps them."""
        return self._driver.get_cookies()

    def add_cookie(self, cookie: dict[str, Any]) -> None:
        """Put a cookie of the page's host into the browser."""
        self._driver.add_cookie(cookie)

    def forget_cookies(self) -> None:
        """Remove every cookie of the page's host."""
        self._driver.delete_all_cookies()


class ChromeDriver(EmbeddedServer):
    """What starts and drives Chromium, here with an empty profile. The browser ends when this does."""

    end_signal = stop_signal = signal.SIGTERM

    @property
    def url(self) -> str:
        """Where it takes commands."""
        return f"http://{self.host}:{self.port}"

    @contextmanager
    def browser(self) -> Iterator[Browser]:
        """Start a browser."""
        options = webdriver.ChromeOptions()
        options.binary_location = str(program("chromium"))
        for flag in (*_FLAGS, f"--user-data-dir={self._profile}"):
            options.add_argument(flag)
        driver = webdriver.Remote(self.url, options=options)
        try:
            driver.set_script_timeout(_SECONDS)
            yield Browser(driver)
        finally:
            driver.quit()

    def _prepare(self) -> None:
        self.folder.chmod(0o711)
        self._profile = private_folder(self.folder / "profile")

    def _command(self) -> list[str]:
        return [str(program("chromedriver")), f"--port={self.port}"]

    def _is_ready(self, pid: int) -> bool:  # noqa: ARG002 (another server would not answer like this)
        connection = http.client.HTTPConnection(self.host, self.port, timeout=5)
        try:
            connection.request("GET", "/status")
            return bool(json.load(connection.getresponse())["value"]["ready"])
        finally:
            connection.close()
