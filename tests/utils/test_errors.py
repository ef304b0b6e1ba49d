"""How a program ends."""

import pytest

from genkd_mm.utils import ConfigError, TrainingError, exit_codes


@pytest.mark.parametrize(
    'error, code, told',
    [
        (ConfigError('a is 1'), 2, 'error: a is 1\n'),
        (TrainingError('the disk is full'), 1, 'error: the disk is full\n'),
        (KeyboardInterrupt(), 130, 'interrupted\n'),
    ],
)
def test_one_line_and_an_exit_code(capsys, error, code, told):
    with pytest.raises(SystemExit) as ended, exit_codes():
        raise error
    assert ended.value.code == code and capsys.readouterr().err == told


def test_other_errors_pass():
    with pytest.raises(ZeroDivisionError), exit_codes():
        raise ZeroDivisionError
