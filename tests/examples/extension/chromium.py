"""A headless Chromium: one for many tests, or one that a test may stop and kill."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from playwright.sync_api import BrowserContext, Playwright
from playwright.sync_api import Error as PlaywrightError

from tests.examples.extension.browser import EXTENSION, TIMEOUT_MS, Browser, extension_id


def launch(
    playwright: Playwright, executable: str, profile: Path, *arguments: str
) -> BrowserContext:
    context = playwright.chromium.launch_persistent_context(
        profile,
        executable_path=executable,
        headless=False,  # Playwright's own flag means the old mode, which has no extensions
        ignore_default_args=["--disable-extensions"],
        args=["--headless=new", "--no-sandbox", *arguments],
        timeout=TIMEOUT_MS,
    )
    context.set_default_timeout(TIMEOUT_MS)
    return context


class LastingChromium:
    """It starts once; each test that asks has the extension installed anew, and removed after it.

    Chromium deletes all that a removed extension stored: its worker, database, settings, alarms.
    """

    def __init__(self, playwright: Playwright, executable: str, profile: Path) -> None:
        # https://chromedevtools.github.io/devtools-protocol/tot/Extensions/
        may_install = "--enable-unsafe-extension-debugging"
        self.context = launch(playwright, executable, profile, may_install)
        assert self.context.browser is not None
        self.off_the_record = self.context.browser.new_context
        self._session = self.context.browser.new_browser_cdp_session()

    @contextmanager
    def installed(self, extension: Path = EXTENSION) -> Iterator[Browser]:
        self._session.send("Extensions.loadUnpacked", {"path": str(extension)})
        try:
            yield Browser(self.context)
        finally:
            self.context.set_offline(False)
            self.context.clear_permissions()
            first, *others = self.context.pages
            for page in others:
                page.close()
            first.goto("about:blank")  # a page of the extension would go with it, and Chromium too
            self._session.send("Extensions.uninstall", {"id": extension_id()})


class MortalBrowser(Browser):
    """One profile that survives `stop`, `kill` and `start`."""

    def __init__(
        self, playwright: Playwright, executable: str, profile: Path, extension: Path = EXTENSION
    ) -> None:
        self._playwright = playwright
        self._executable = executable
        self._profile = profile
        self._extension = extension

    def start(self) -> None:
        context = launch(
            self._playwright,
            self._executable,
            self._profile,
            f"--load-extension={self._extension}",
            f"--disable-extensions-except={self._extension}",
            "--disable-features=DisableLoadExtensionCommandLineSwitch",
        )
        super().__init__(context)
        self.show()

    def stop(self) -> None:
        self.context.close()

    def kill(self) -> None:
        """End all its processes at once, as a crash or a power cut does."""
        for pid in self._main_processes():
            os.kill(pid, signal.SIGKILL)
        with suppress(PlaywrightError):  # there is nobody left to answer
            self.context.close()

    def _main_processes(self) -> list[int]:
        """The process that has this profile; its helpers end with it."""
        profile = f"--user-data-dir={self._profile}".encode()
        found = []
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            with suppress(OSError):  # it has ended meanwhile
                arguments = path.read_bytes().split(b"\0")
                if profile in arguments and not any(a.startswith(b"--type=") for a in arguments):
                    found.append(int(path.parent.name))
        return found
