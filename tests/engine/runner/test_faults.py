"""Injected faults: what breaks, what the run does about it."""

import os
import pickle
import resource
from pathlib import Path

import pytest
import torch
from mmengine.hooks import Hook
from mmrazor.registry import HOOKS

from genkd_mm.apis import train
from genkd_mm.engine.runner.access import metrics_of
from genkd_mm.utils import ConfigError, TrainingError, unwrapped

from ...processes import run_python
from .test_resume import owner

NAN = float('nan')


@HOOKS.register_module(force=True)
class Fault(Hook):
    """Calls ``fault(model)`` before each iteration of ``iterations``, counted from 1."""

    fault = None

    def __init__(self, iterations) -> None:
        self.iterations = iterations

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        if runner.iter + 1 in self.iterations:
            Fault.fault(unwrapped(runner.model))


def faulty(config, iterations, fault):
    """``config`` in which ``fault(model)`` happens; a look and a snapshot after every iteration."""
    Fault.fault = staticmethod(fault)
    config.custom_hooks = [dict(type='Fault', iterations=list(iterations))]
    config.default_hooks.divergence_guard.snapshot_interval = 1
    return config


def events(runner):
    return metrics_of(runner).divergence_events


def all_finite(runner):
    model = unwrapped(runner.model)
    tensors = [*model.state_dict().values(), unwrapped(model.generator).replay_buffer.states]
    return all(tensor.isfinite().all() for tensor in tensors if tensor.is_floating_point())


def break_module(module):
    next(module.parameters()).data.flatten()[0] = NAN


def break_energy(model):
    break_module(unwrapped(model.generator).energy)


def break_teacher_once(model):
    def once(layer, inputs, output):
        handle.remove()
        return output * NAN

    handle = model.teachers['teacher'].head.fc.register_forward_hook(once, prepend=True)


def break_teacher(model):
    model.teachers['teacher'].head.fc.bias.data.fill_(NAN)


@pytest.mark.parametrize('fault', [break_energy, break_teacher_once])
def test_values_that_are_not_finite_are_rolled_back(tiny, fault):
    config = faulty(tiny(**{'train_cfg.max_iters': 6}), [4], fault)
    runner = train(config)
    assert [event['iter'] for event in events(runner)] == [4]
    assert all_finite(runner)
    # both learning rates have been halved; the energy's has no schedule
    assert runner.optim_wrapper['generator'].param_groups[0]['lr'] == pytest.approx(5e-5 / 2)
    states = torch.load(Path(config.work_dir, 'final.pth'), weights_only=True)['state_dict']
    assert all(value.isfinite().all() for value in states.values())


def test_values_that_are_not_finite_do_not_stay_in_an_average(tiny):
    config = faulty(tiny(**{'train_cfg.max_iters': 6}), [4], break_energy)
    config.custom_hooks.append(dict(type='EMAHook', momentum=0.2))
    runner = train(config)
    assert [event['iter'] for event in events(runner)] == [4]
    checkpoint = torch.load(Path(config.work_dir, 'iter_6.pth'), weights_only=True)
    for name in ('state_dict', 'ema_state_dict'):  # the average, and the weights themselves
        assert all(value.isfinite().all() for value in checkpoint[name].values()), name


def test_values_that_are_not_finite_do_not_stay_in_the_prior_that_is_an_average(tmp_path):
    config = faulty(owner('priors/energy_matching_digits.py', tmp_path), [4], lambda model: break_module(model.energy))
    runner = train(config)
    assert [event['iter'] for event in events(runner)] == [4] and all_finite(runner)


def test_what_happens_between_two_looks_is_noticed_before_a_checkpoint(tiny):
    overrides = {'train_cfg.max_iters': 4, 'train_cfg.val_interval': 100, 'default_hooks.checkpoint.interval': 3}
    config = faulty(tiny(**overrides), [2], break_energy)
    config.default_hooks.divergence_guard.update(interval=100, snapshot_interval=100)
    runner = train(config)
    assert [event['iter'] for event in events(runner)] == [3]  # and not 4: the energy was whole again
    states = torch.load(Path(config.work_dir, 'iter_3.pth'), weights_only=True)['state_dict']
    assert all(value.isfinite().all() for value in states.values())


def test_the_state_that_comes_back_is_the_snapshots(tiny):
    seen = {}

    def look_and_break(model):
        seen['before'] = {name: value.clone() for name, value in model.state_dict().items()}
        break_energy(model)

    config = faulty(tiny(**{'train_cfg.max_iters': 4}), [4], look_and_break)
    model = unwrapped(train(config).model)
    for name, value in model.state_dict().items():
        if 'num_batches_tracked' not in name:
            assert torch.equal(value, seen['before'][name]), name


def test_a_teacher_that_stays_broken_stops_the_run_in_words(tiny):
    config = faulty(tiny(**{'train_cfg.max_iters': 20, 'default_hooks.checkpoint.interval': 1}), [3], break_teacher)
    config.default_hooks.divergence_guard.max_events = 2
    with pytest.raises(TrainingError, match=r'diverged 3 times, now at iteration 5: .*is nan.*teacher\'s metrics'):
        train(config)
    states = torch.load(Path(config.work_dir, 'iter_4.pth'), weights_only=True)['state_dict']
    trained = [value for name, value in states.items() if not name.startswith('teacher')]
    assert all(value.isfinite().all() for value in trained)


def test_a_teacher_file_with_nan_is_refused_before_training(tiny, tmp_path):
    config = tiny()
    path = tmp_path / 'teacher.pth'
    state = torch.load(path, weights_only=True)['state_dict']
    state['head.fc.bias'][0] = NAN
    torch.save(dict(state_dict=state), path)
    with pytest.raises(ConfigError, match=r'teacher.pth\) has values that are not finite in 1 of .*head.fc.bias'):
        train(config)


def test_one_bad_chain_is_restarted_alone(tiny):
    def break_chain(model):
        buffer = unwrapped(model.generator).replay_buffer
        buffer.states[7] = NAN
        buffer.restart_prob = 0.0
        break_chain.before = buffer.states.clone()

    everyone = {'train_dataloader.batch_size': 100, 'train_dataloader.dataset.length': 100}
    config = faulty(tiny(**{'train_cfg.max_iters': 1, 'model.student_iter': 1, **everyone}), [1], break_chain)
    config.default_hooks.policy_gradient.policy_weight = 0.01
    runner = train(config)
    states = unwrapped(unwrapped(runner.model).generator).replay_buffer.states
    assert not events(runner) and all_finite(runner)
    moved = (states - break_chain.before).abs().flatten(1).amax(1)
    others = torch.arange(100) != 7
    assert (moved[others] < 1.9).all()  # the others went on from where they were
    assert runner.message_hub.get_scalar('train/policy/reward').current() != 0  # the others were scored


def test_a_rate_a_hundred_times_too_large_recovers_or_stops_in_words(tmp_path):
    config = owner('priors/jem_wrn10x1_digits.py', tmp_path)
    energy = config.model.generator.energy.classifier
    energy.backbone.base_channels, energy.head.in_channels = 16, 64  # as the config has it
    config.train_cfg.max_iters = 60
    config.train_cfg.val_interval = 60
    config.train_dataloader.batch_size = 32
    config.param_scheduler = []
    config.optim_wrapper = dict(optimizer=dict(type='Adam', lr=0.1))
    config.default_hooks.divergence_guard = dict(
        type='DivergenceGuardHook', snapshot_interval=5, max_events=20, interval=1
    )
    runner = train(config)
    assert events(runner) and 'energy_gap' in events(runner)[0]['what']
    expected = 0.1 * 0.5 ** len(events(runner))
    assert runner.optim_wrapper.param_groups[0]['lr'] == pytest.approx(expected)
    # the log keeps the gap of an iteration that was taken back, which the last one may be
    diverged = {event['iter'] for event in events(runner)}
    gaps = runner.message_hub.get_scalar('train/energy_gap').data[0]
    assert all(abs(gap) < 50 for step, gap in enumerate(gaps, 1) if step not in diverged)
    assert len(diverged) < len(gaps) / 2


def test_chains_of_a_runaway_energy_go_back_to_the_priors(tiny, tmp_path):
    def far_away(model):
        for parameter in unwrapped(model.generator).energy.parameters():
            parameter.data.mul_(30)

    config = faulty(tiny(**{'train_cfg.max_iters': 1}), [1], far_away)
    config.default_hooks.divergence_guard.max_energy_gap = 1e-6
    runner = train(config)
    assert len(events(runner)) == 1
    generator = unwrapped(unwrapped(runner.model).generator)
    assert torch.equal(generator.replay_buffer.states, generator.prior.states)
    # a gap is the energy's fault alone
    assert runner.optim_wrapper['generator'].param_groups[0]['lr'] == pytest.approx(5e-5 / 2)


@pytest.mark.parametrize(
    'change',
    [dict(max_energy_gap=0), dict(snapshot_interval=0), dict(lr_factor=1.0), dict(max_events=-1), dict(interval=0)],
)
def test_a_guard_that_makes_no_sense_is_refused(change):
    with pytest.raises(ConfigError, match='DivergenceGuardHook has'):
        HOOKS.build(dict(type='DivergenceGuardHook', **change))


# --- files ---


class Hostile:
    """Runs a command when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self):
        return os.mkdir, (str(self.mark),)


def test_a_hostile_checkpoint_is_refused_and_nothing_of_it_runs(finished, tiny, tmp_path):
    path, mark = finished / 'iter_3.pth', tmp_path / 'mark'
    torch.save(dict(torch.load(path, weights_only=True), extra=Hostile(mark)), path)
    with pytest.raises(ConfigError, match='holds more than tensors and plain data'):
        train(tiny(), resume=True)
    path.write_bytes(pickle.dumps(Hostile(mark)))  # the old format, without an archive around it
    with pytest.raises(ConfigError, match='not a readable checkpoint'):
        train(tiny(), resume=True)
    assert not mark.exists()


@pytest.mark.parametrize('damage', ['truncated', 'empty'])
def test_a_damaged_checkpoint_gives_way_to_the_one_before(tiny, tmp_path, damage):
    overrides = {'default_hooks.checkpoint.interval': 1, 'train_cfg.max_iters': 4}
    train(tiny(**overrides))
    newest = tmp_path / 'work' / 'iter_4.pth'
    size = newest.stat().st_size
    newest.write_bytes(newest.read_bytes()[: size // 2] if damage == 'truncated' else b'')
    train(tiny(**overrides), resume=True)
    logs = [log.read_text() for log in sorted((tmp_path / 'work').glob('*/*.log'))]
    assert 'iter_4.pth' in logs[-1] and 'it is damaged' in logs[-1] and 'going back to' in logs[-1]
    assert newest.stat().st_size == pytest.approx(size, rel=0.05)  # made again


def test_only_damaged_checkpoints_stop_the_run(finished, tiny):
    (finished / 'iter_3.pth').write_bytes(b'torn')
    with pytest.raises(ConfigError, match='1 checkpoints in .* but none can be read'):
        train(tiny(), resume=True)


def test_a_lost_pointer_does_not_lose_the_run(finished, tiny):
    (finished / 'last_checkpoint').unlink()
    assert train(tiny(**{'train_cfg.max_iters': 4}), resume=True).cfg.load_from.endswith('iter_3.pth')


def test_nothing_to_resume_starts_from_the_beginning(tiny):
    assert train(tiny(), resume=True).cfg.load_from is None


@pytest.mark.parametrize(
    'part, change, words',
    [
        ('model.architecture', {'backbone.base_channels': 8, 'head.in_channels': 64}, 'of another shape'),
        ('model.architecture', {'backbone.depth': 34}, 'missing'),
    ],
)
def test_a_checkpoint_of_another_architecture_is_refused(finished, tiny, part, change, words):
    config = tiny(**{f'{part}.{key}': value for key, value in change.items()})
    with pytest.raises(ConfigError, match=f'--resume: .*iter_3.pth does not fit the model .*{words}'):
        train(config, resume=True)


def test_other_optimizers_than_the_checkpoints_are_refused(finished, tiny):
    config = tiny()
    config.default_hooks.policy_gradient = None
    del config.optim_wrapper['generator'], config.param_scheduler['generator']
    with pytest.raises(ConfigError, match=r"holds optimizers \['architecture', 'generator'\] but optim_wrapper names"):
        train(config, resume=True)


def test_a_final_checkpoint_is_no_place_to_resume_from(finished, tiny):
    config = tiny()
    config.load_from = str(finished / 'final.pth')
    with pytest.raises(ConfigError, match='holds no optimizer or no iteration'):
        train(config, resume=True)


def test_a_config_within_a_checkpoint_is_not_run(finished, tiny, tmp_path):
    path = finished / 'iter_3.pth'
    checkpoint = torch.load(path, weights_only=True)
    checkpoint['meta']['config'] = f'open({str(tmp_path / "ran")!r}, "w")'
    torch.save(checkpoint, path)
    with pytest.raises(ConfigError, match=r"holds meta\['config'\], which mmengine runs as Python code"):
        train(tiny(), resume=True)
    assert not (tmp_path / 'ran').exists()


def test_a_work_dir_that_cannot_be_written_is_refused(tiny):
    config = tiny()
    config.work_dir = '/proc/work'
    with pytest.raises(ConfigError, match="work_dir is '/proc/work', where nothing can be written"):
        train(config)


def test_a_full_disk_keeps_the_last_whole_checkpoint(tiny, tmp_path):
    config = tiny(
        **{
            'train_cfg.max_iters': 6,
            'default_hooks.checkpoint.interval': 2,
            'default_hooks.sample_grid.interval': 50,
            'visualizer.vis_backends': [],
        }
    )
    config.dump(tmp_path / 'config.py')
    script = Path(__file__).parents[3] / 'tools' / 'train.py'

    def call(*args, limit=resource.RLIM_INFINITY):
        limited = (
            f'import resource, runpy; resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))\n'
            f'runpy.run_path({str(script)!r}, run_name="__main__")'
        )
        return run_python('-c', limited, tmp_path / 'config.py', *args)

    first = call('--cfg-options', 'train_cfg.max_iters=2', 'train_cfg.val_interval=2')
    assert first.returncode == 0, first.stderr[-2000:]
    whole = tmp_path / 'work' / 'iter_2.pth'
    before = whole.read_bytes()
    # from here on no file may grow beyond half of a checkpoint
    full = call('--resume', limit=len(before) // 2)
    assert full.returncode == 1
    sentence = full.stderr.strip().splitlines()[-1]
    assert sentence.startswith('error: A file cannot be written') and 'the last whole checkpoint is' in sentence
    assert 'Traceback' not in full.stderr
    assert whole.read_bytes() == before and not list((tmp_path / 'work').glob('*.tmp'))
    assert call('--resume').returncode == 0  # room has been made
    assert (tmp_path / 'work' / 'iter_6.pth').is_file()
