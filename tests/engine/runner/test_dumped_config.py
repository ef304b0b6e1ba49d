"""Dumped configs are parsed, not run."""

from genkd_mm.engine.runner.dumped_config import parse_config, read_dumped_config


def test_a_dumped_config_is_not_run(tmp_path):
    path = tmp_path / 'config.py'
    path.write_text(
        f'a = open({str(tmp_path / "made")!r}, "w")\nb = [dict(c=(1, 2)), -1.5]\nd = {{"x.y": dict(z=None)}}\n'
    )
    config = read_dumped_config(path)
    assert not (tmp_path / 'made').exists() and config['a'].startswith('open(')
    assert config['b'] == [dict(c=[1, 2]), -1.5] and config['d'] == {'x.y': dict(z=None)}


def test_no_file_and_no_python_hold_nothing(tmp_path):
    assert read_dumped_config(tmp_path / 'nowhere.py') == parse_config('model = dict(') == {}
