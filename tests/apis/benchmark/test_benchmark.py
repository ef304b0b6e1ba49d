"""The benchmark: its figures, its table, its bad input."""

import json
import os
from pathlib import Path

import pytest
import torch
from mmengine.config import Config

import genkd_mm
from genkd_mm.apis import benchmark
from genkd_mm.utils import ConfigError, TrainingError

TOOLS = Path(genkd_mm.__file__).parents[1] / 'tools'


def test_contenders_take_turns():
    from genkd_mm.apis.benchmark.timing import interleaved, ratio

    calls = []
    times = interleaved({name: lambda name=name: calls.append(name) for name in 'abc'}, rounds=2)
    assert calls == [*'abc', *'bca', *'cab'] and [len(values) for values in times.values()] == [2, 2, 2]
    assert ratio([2.0, 9.0, 4.0], [1.0, 3.0, 1.0]) == dict(median=3.0, low=2.0, high=4.0)


def test_every_contender_runs_the_same_chain():
    pytest.importorskip('torchebm')
    from genkd_mm.apis.benchmark import chain, setting
    from genkd_mm.samplers import LangevinSampler

    energy, (images, labels) = setting.energy(1), setting.batch(4)
    peers = energy.classifier
    noise = torch.randn(3, *images.shape)

    def end(run):
        """Where ``run`` ends with that noise, whichever function draws it."""
        noises = iter(noise)

        def drawn(*size, **kwargs):
            value = next(noises)
            return value if size in ((), tuple(value.shape)) else value.permute(0, 2, 3, 1)  # channels last

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(torch, 'randn_like', lambda *args, **kwargs: next(noises))
            patch.setattr(torch, 'randn', drawn)
            patch.setattr(torch.Tensor, 'normal_', lambda self, **kwargs: self.copy_(next(noises)))
            return run().contiguous()

    sampler = LangevinSampler(3, dtype='float32')
    ends = [
        end(run)
        for run in (
            lambda: chain.plain_loop(peers, images, labels, 3),
            lambda: chain.torchebm_chain(peers, labels, 3)(images),
            lambda: sampler.run(energy, images, labels, lambda x: x)[0],
        )
    ]
    torch.testing.assert_close(ends[1], ends[0], rtol=0, atol=1e-5)
    torch.testing.assert_close(ends[2], ends[0], rtol=0, atol=1e-5)


def test_chain_and_policy_gradient_have_their_figures():
    pytest.importorskip('torchebm')
    from genkd_mm.apis.benchmark import chain, policy_gradient

    figures = chain.measure(1, 2, 2, 1, compiled=False)
    for name in ('fast_over_torchebm', 'fast_over_plain', 'fp32_over_torchebm', 'fast_over_network'):
        assert figures[name]['median'] > 0
    figures = policy_gradient.measure(1, 2, 1)
    assert figures['fastest'] in ('autograd', 'finite_difference', 'marginal')
    assert figures['fastest_over_chain20']['median'] == min(
        figures['over_chain20'][name]['median'] for name in ('autograd', 'finite_difference', 'marginal')
    )


def test_the_floor_counts_the_multiplications_of_the_passes(monkeypatch):
    from genkd_mm.apis.benchmark import floor

    monkeypatch.setattr(floor, 'SIDE', 64)
    figures = floor.measure(1, 2, 1)
    stem = 2 * 2 * 32 * 32 * 9 * 3 * 16  # forward and backward, two operations, pixels, taps, channels in and out
    assert figures['gigaflop_a_step'] * 1e9 > 2 * stem
    assert floor.operations(1, 4)[0] == 2 * floor.operations(1, 2)[0]
    for shares in figures['profile'].values():
        assert abs(sum(shares.values()) - 1) < 1e-6 and shares['convolutions'] > 0.1


def test_a_larger_batch_needs_more_memory():
    from genkd_mm.apis.benchmark import memory

    small, large = (memory.peak('genkd_mm', 1, size=size, steps=1, side=32, capacity=200) for size in (8, 128))
    assert 1 < small < large


def test_the_marginal_estimator_needs_the_least_memory():
    from genkd_mm.apis.benchmark import memory

    run = dict(size=64, steps=5, side=32, capacity=200)
    needed = {name: memory.peak(name, 1, **run) for name in ('marginal', 'autograd')}
    assert 1 < needed['marginal'] < needed['autograd']


def test_growth_by_every_number_and_by_processes(monkeypatch):
    from genkd_mm.apis.benchmark import growth

    monkeypatch.setattr(growth, 'BASE', dict(images=2, steps=1, side=8))
    monkeypatch.setattr(growth, 'GROWTH', dict(images=(2, 4), steps=(1, 2), side=(8, 16)))
    monkeypatch.setattr(growth, 'CAPACITIES', (100, 200))
    figures = growth.measure(1, 1)
    for name, values in growth.GROWTH.items():
        assert figures[f'chain_seconds_by_{name}'].keys() == set(values)
    assert figures['replay_seconds_by_capacity'].keys() == {100, 200}
    assert figures['images_steps_per_second_by_processes'].keys() == {1, 2}
    assert all(
        found['median'] > 0
        for by_value in figures.values()
        if isinstance(by_value, dict)
        for found in by_value.values()
        if isinstance(found, dict)
    )


def test_the_layout_is_measured_in_both_dtypes():
    from genkd_mm.apis.benchmark import layout

    names = [name for name, _, _ in layout.networks(quick=False)]
    assert {'digits.student', 'fashion_mnist.energy', 'cifar10.teacher'} <= set(names)
    figures = layout.measure(2, 1, quick=True)
    assert list(figures) == ['digits.teacher', 'digits.student', 'digits.energy']
    assert all(figures[name][dtype]['median'] > 0 for name in figures for dtype in ('float32', 'bfloat16'))


TRAINING = """
import json, os, sys
from pathlib import Path

alive = Path({pid!r}).exists() and Path('/proc', Path({pid!r}).read_text()).exists()
seconds = 4 if 'GOMP_SPINCOUNT' in os.environ else 2 if alive else 1
assert os.environ.get('OMP_NUM_THREADS') == ('2' if seconds == 4 else None) and 'OMP_WAIT_POLICY' not in os.environ
assert len(os.sched_getaffinity(0)) == 2
folder = Path(sys.argv[3])
folder.mkdir(exist_ok=True)
(folder / 'summary.json').write_text(json.dumps(dict(total_seconds=seconds)))
"""


@pytest.fixture
def contention(tmp_path, monkeypatch):
    """The part, whose trainings take a second alone, two beside the busy process, four if threads spin."""
    from genkd_mm.apis.benchmark import contention

    pid = str(tmp_path / 'pid')
    (tmp_path / 'train.py').write_text(TRAINING.format(pid=pid))
    busy = f"import os; open({pid!r}, 'w').write(str(os.getpid())); print('busy', flush=True)\nwhile True: pass"
    monkeypatch.setattr(contention, 'TRAIN', tmp_path / 'train.py')
    monkeypatch.setattr(contention, 'BUSY', busy)
    return contention


def test_the_priors_are_those_that_the_configs_of_genkd_load():
    from genkd_mm.apis.benchmark import accuracy, contention

    for data, name in accuracy.PRIORS.items():
        config = Config.fromfile(accuracy.CONFIGS / f'genkd_{data}.py')
        assert config.model.generator.init_cfg.checkpoint == f'work_dirs/priors/{name}/final.pth'
    its_prior = Path(Config.fromfile(contention.GENKD).prerequisites[1]['config'])
    assert its_prior.resolve() == Path(contention.ITS_PRIOR).resolve()


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason='needs two cores')
def test_contention_runs_alone_beside_a_busy_process_and_spinning(contention, tmp_path):
    figures = contention.measure(3, 2, 1)
    for name in ('prior', 'genkd'):
        assert [figures[name]['seconds'][kind]['median'] for kind in ('idle', 'busy', 'spinning')] == [1, 2, 4]
        assert figures[name]['busy_over_idle']['median'] == 2 and figures[name]['idle_over_spinning']['median'] == 0.25
    assert not Path('/proc', (tmp_path / 'pid').read_text()).exists()  # it has been ended


def test_contention_needs_two_cores(contention, monkeypatch):
    monkeypatch.setattr(os, 'sched_getaffinity', lambda pid: {0})
    with pytest.raises(ConfigError, match='needs two cores but this process may use one'):
        contention.measure(1, 1, 1)


def test_a_training_that_fails_says_why(contention, tmp_path):
    contention.TRAIN.write_text("import sys; sys.exit('no such thing')")
    with pytest.raises(TrainingError, match=r'jem_wrn10x1_digits.py ended with exit code 1: no such thing'):
        contention.train(contention.PRIOR, tmp_path / 'run', 1, {})


def test_energies_that_differ_by_half_their_spread():
    from genkd_mm.apis.benchmark.fidelity import energy_share

    exact = torch.tensor([-1.0, 0.0, 1.0])
    assert energy_share(exact + 0.5, exact) == pytest.approx(0.5)


def test_fidelity_compares_drifts_and_ends(tiny_files, tmp_path):
    from genkd_mm.apis.benchmark import fidelity

    config = tmp_path / 'prior.py'
    base = TOOLS.parent / 'configs/priors/jem_wrn10x1_digits.py'
    config.write_text(
        f'_base_ = [{str(base)!r}]\nmodel = dict(generator=dict(energy=dict(classifier=dict(\n'
        '    backbone=dict(base_channels=4), head=dict(in_channels=16)))))\n'
    )
    figures = fidelity.measure(str(config), str(tiny_files[1]), chains=20, steps=2, starts=2)
    for place in ('starts', 'ends'):
        cosine = figures['drift_cosine'][place]
        assert 0.9 < cosine['lowest'] <= cosine['of_100'] <= cosine['median'] < 1 + 1e-5
    assert figures['largest_drift_error_over_noise'] < 1
    fast, chance = figures['energy_difference_over_spread'], figures['of_another_noise']
    assert len(fast) == len(chance) == 2 and all(0 <= one < 1 for one in fast) and min(chance) > 0
    assert (max(fast) == 0) == (figures['fast_dtype'] == 'float32')


def test_fidelity_needs_a_prior():
    with pytest.raises(ConfigError, match='--only fidelity needs a trained prior; add --prior'):
        benchmark(['fidelity'])


def test_an_iteration_is_split_into_passes_and_the_rest(tmp_path):
    from genkd_mm.apis.benchmark import iteration

    figures = iteration.measure(1, 2, 1)
    assert 0 < figures['overhead_share']['median'] < 1
    assert 0 < figures['passes_seconds'] < figures['seconds']['median']


def test_the_first_time_an_accuracy_is_reached():
    from genkd_mm.apis.benchmark.accuracy import reached

    curve = [[25, 10.0, 100, 40.0], [50, 20.0, 200, 81.5], [75, 30.0, 300, 80.0]]
    assert reached(curve, 80.0) == 20.0 and reached(curve, 90.0) is None


@pytest.mark.parametrize('genkd_top1, reached, ratios', [(85.0, 30.0, (0.75, 1.0)), (70.0, None, (None, None))])
def test_time_to_the_accuracy_of_the_better_rival(tmp_path, monkeypatch, genkd_top1, reached, ratios):
    from genkd_mm.apis.benchmark import accuracy

    last = dict(genkd=(genkd_top1, 50.0), dafl=(80.0, 40.0), zskt=(60.0, 10.0), deepinversion=(99.0, 90.0))

    def run(config, work_dir, overrides):
        top1, seconds = last[next(name for name in last if name in Path(config).name)]
        curve = [[5, 10.0, 100, 20.0], [9, 30.0, 200, top1]]
        return dict(student_top1=top1, total_seconds=seconds, accuracy_curve=curve, teacher_top1=dict(teacher=98.0))

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(accuracy, 'run', run)
    prior = tmp_path / 'work_dirs/priors' / accuracy.PRIORS['digits'] / 'summary.json'
    prior.parent.mkdir(parents=True)
    prior.write_text('{"total_seconds": 10.0}')
    figures = accuracy.measure('digits')
    assert (figures['better_of_dafl_and_zskt'], figures['its_top1'], figures['teacher_top1']) == ('dafl', 80.0, 98.0)
    assert figures['genkd_seconds_to_its_top1'] == reached
    assert (figures['genkd_over_rival'], figures['genkd_and_prior_over_rival']) == ratios
    assert {name: (found['student_top1'], found['seconds']) for name, found in figures['methods'].items()} == last


def test_the_table_shows_every_figure():
    from genkd_mm.visualization.tables import metric_rows

    result = dict(chain=dict(images=4, fast=dict(median=2.0, low=1.0, high=3.0), name='x'))
    assert metric_rows(result) == [('chain.images', '4'), ('chain.fast', '2 (1 to 3)'), ('chain.name', 'x')]


def test_a_folder_that_is_not_there_is_one_sentence(run_python):
    done = run_python(TOOLS / 'benchmark.py', '--json', 'nowhere/figures.json')
    assert done.returncode == 2 and done.stderr.startswith("error: --json is 'nowhere/figures.json', whose folder")


def test_a_published_file_has_the_keys_that_others_read():
    figures = json.loads((TOOLS.parent / 'results' / 'performance' / 'cpu.json').read_text())
    assert {'fast_over_torchebm', 'fast_over_plain', 'fp32_over_torchebm'} <= figures['chain'].keys()
    assert 'fastest_over_chain20' in figures['policy_gradient'] and 'overhead_share' in figures['iteration']
