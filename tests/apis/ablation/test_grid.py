"""Ablation files: the grid that they span, the overrides, and what is refused."""

import importlib
import json
from pathlib import Path

import pytest

import genkd_mm
from genkd_mm.utils import ConfigError

ROOT = Path(genkd_mm.__file__).parents[1]
GENKD = f'base = {str(ROOT / "configs/baselines/policy_gradient_digits.py")!r}\n'
K = "axes = dict(K={str(k): {'default_hooks.policy_gradient.window': k} for k in (1, 3)})\n"


@pytest.fixture(autouse=True)
def tools(monkeypatch, tmp_path):
    """The working directory is ``tmp_path``."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def grid():
    return importlib.import_module('genkd_mm.apis.ablation.grid')


def read(grid, text: str):
    Path('ablation.py').write_text(text)
    return grid.read_ablation('ablation.py')


def test_a_full_grid_has_every_combination_and_one_at_a_time_has_the_stars(grid):
    axes = dict(K={'1': {}, '3': {}}, estimator={'a': {}, 'b': {}, 'c': {}})
    pairs = [('1', 'a'), ('1', 'b'), ('1', 'c'), ('3', 'a'), ('3', 'b'), ('3', 'c')]
    assert [tuple(setting.values()) for setting in grid.full_grid(axes)] == pairs
    assert [tuple(setting.values()) for setting in grid.one_at_a_time(axes)] == [
        ('1', 'a'),
        ('3', 'a'),
        ('1', 'b'),
        ('1', 'c'),
    ]


def test_an_axis_is_a_list_for_one_key_or_labels_with_overrides(grid):
    ablation = read(
        grid,
        GENKD
        + """
_reward = [dict(type='TeacherCrossEntropy', weight=1.0)]
axes = {'model.student_iter': [1, 10],
        'hook': {'with': {}, 'one term': {'default_hooks.policy_gradient.reward': _reward}}}
seeds = (4, 2)
one_at_a_time = True
""",
    )
    assert ablation.axes['model.student_iter'] == {'1': {'model.student_iter': 1}, '10': {'model.student_iter': 10}}
    assert ablation.axes['hook']['one term']['default_hooks.policy_gradient.reward'] == [
        dict(type='TeacherCrossEntropy', weight=1.0)
    ]
    assert ablation.seeds == [4, 2] and len(ablation.settings) == 3


@pytest.mark.parametrize(
    'text, words',
    [
        (GENKD + 'axes = dict()\nseeds = [0]', 'axes of .* is {}; expected a dict with at least one axis'),
        (GENKD + 'seeds = [0]', 'axes of .* is None'),
        (
            GENKD + "axes = {'model.student_iter': []}\nseeds = [0]",
            r"axes\['model.student_iter'\] .* at least one entry",
        ),
        (GENKD + "axes = {'model.student_iter': [1, 1]}\nseeds = [0]", 'lists a value twice'),
        (
            GENKD + "axes = {'model.generator.sampler.guidance': [[]]}\nseeds = [0]",
            'has no short name; give it a label',
        ),
        (
            GENKD + 'axes = dict(hook=dict(off=[]))\nseeds = [0]',
            "the value of the label 'off' is .*; expected a dict of config",
        ),
        *(
            (GENKD + K + f'seeds = {seeds}', 'seeds of .*; expected a list of different integers')
            for seeds in ("['0']", '3', '[0, 0]', '[True]', '[-1]', '[1.0]', '[]', 'None')
        ),
        (GENKD + K, 'seeds of .* is None'),
        (GENKD + K + 'seed = [0]', "sets 'seed', which is no part of an ablation; expected base, axes, seeds"),
        (K + 'seeds = [0]', 'base of .* is None; expected the path of a config'),
        ("base = 'nowhere.py'\n" + K + 'seeds = [0]', "base of .* is 'nowhere.py', but there is no nowhere.py"),
        (
            GENKD + K + "seeds = [0]\nshared = dict(teacher='x.py')",
            r"shared\['teacher'\] of .* is 'x.py'; expected dict",
        ),
        (GENKD + K + "seeds = [0]\nshared = dict(teacher=dict(config='x.py', key='a'))", 'there is no x.py'),
        (GENKD + K + 'seeds = [0]\none_at_a_time = 1', 'one_at_a_time of .* is 1; expected True or False'),
    ],
)
def test_a_bad_ablation_is_one_sentence(grid, text, words):
    with pytest.raises(ConfigError, match=words):
        read(grid, text)


BASE = dict(model=dict(net=dict(type='A', depth=1), init=None), hooks=[dict(type='H', window=5)], rate=0.1)


def change(**axes: dict) -> dict:
    from genkd_mm.apis.ablation.overrides import changes_of, overridden

    changes = [change for axis, overrides in axes.items() for change in changes_of(axis, overrides)]
    return overridden(BASE, changes, 'base.py')


def test_overrides_set_several_keys_replace_lists_and_leave_the_base_alone():
    before = json.dumps(BASE)
    changed = change(
        one={'model.net.depth': 2, 'hooks': [], 'model.init': dict(_delete_=True, x=1)},
        two={'rate': 0.2, '+model.net.width': 4},
    )
    assert changed == dict(model=dict(net=dict(type='A', depth=2, width=4), init=dict(x=1)), hooks=[], rate=0.2)
    assert change(one={'hooks.0.window': 7})['hooks'] == [dict(type='H', window=7)]
    assert change(one={'model': dict(net=dict(depth=3))})['model'] == dict(net=dict(type='A', depth=3), init=None)
    assert change(one={'model.net': dict(_delete_=True, type='B')})['model']['net'] == dict(type='B')
    assert json.dumps(BASE) == before


@pytest.mark.parametrize(
    'axes, words',
    [
        (
            dict(K={'hooks.0.windw': 1}),
            r"K sets 'hooks.0.windw', which base.py lacks; hooks.0 has type, window; correct",
        ),
        (dict(K={'model': dict(net=dict(dept=1))}), "'model.net.dept', which base.py lacks; model.net has type, depth"),
        (dict(K={'hooks.1.window': 1}), "'hooks.1.window', which base.py lacks; hooks is a list of 1"),
        (dict(K={'modl.net': 1}), "'modl.net', which base.py lacks; its top level has model, hooks, rate"),
        (dict(K={'model.init.x': 1}), "'model.init.x', which base.py lacks; model.init is None"),
        (dict(K={'+rate': 1}), r"K adds 'rate', which base.py has; write it without the \+"),
        (
            dict(K={'+model.nett.x': 1}),
            "K adds 'model.nett.x', but base.py has no dict 'model.nett'; model has net, init",
        ),
        (dict(K={'model.net': {}}), "K sets 'model.net' to an empty dict, which changes nothing"),
        (dict(K={'rate': 1}, L={'rate': 2}), "K sets 'rate' and L 'rate', so one would undo the other"),
        (dict(K={'hooks': []}, L={'hooks.0.window': 2}), "K sets 'hooks' and L 'hooks.0.window'"),
    ],
)
def test_an_override_that_would_do_nothing_or_undo_another_is_refused(axes, words):
    with pytest.raises(ConfigError, match=words):
        change(**axes)
