"""A command ends with one line at most for what is no fault of the program."""

import pytest
from google.api_core.exceptions import Forbidden, RetryError
from google.auth.exceptions import RefreshError

from flex_template.command_line import clear_ends


def test_ctrl_c_ends_a_command_with_130_and_no_word() -> None:
    with pytest.raises(SystemExit) as ended, clear_ends():
        raise KeyboardInterrupt
    assert ended.value.code == 130


@pytest.mark.parametrize(
    "error",
    [
        Forbidden("no permission"),
        RetryError("no answer in time", TimeoutError()),
        RefreshError("the login has expired"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_service_or_a_login_that_fails_ends_it_with_one_line(error: Exception) -> None:
    with pytest.raises(SystemExit, match=r"^stopped: .+$"), clear_ends():
        raise error


def test_a_service_that_gives_no_answer_says_why_at_last() -> None:
    with pytest.raises(SystemExit) as ended, clear_ends():
        raise RetryError("Timeout of 30.0s exceeded", ConnectionError("Connection refused"))
    assert ended.value.code == "stopped: no answer in time: Connection refused"
