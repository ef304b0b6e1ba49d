"""The shipped ablations: each expands, and every config of it reads and builds."""

from pathlib import Path

import pytest
from mmengine.config import Config
from mmrazor.registry import HOOKS, MODELS

from genkd_mm.apis.ablation.grid import read_ablation
from genkd_mm.apis.ablation.plan import make_plan, require_same_configs, write_configs
from genkd_mm.engine.runner.config import load_config

ABLATIONS = Path(__file__).parents[2] / 'configs' / 'ablations'
NAMES = sorted(path.name for path in ABLATIONS.glob('*.py'))


@pytest.fixture
def expand(tmp_path):
    """Factory: the configs of an ablation's first seed by label, as tools/train.py reads them."""

    def configs(name: str) -> dict[str, Config]:
        ablation = read_ablation(ABLATIONS / name)
        plan = make_plan(ablation, tmp_path, tmp_path / 'shared')
        assert ablation.seeds == [0, 1, 2] and len(plan.grid) == 3 * len(ablation.settings)
        assert sum(map(len, plan.shared)) == 3 * len(ablation.shared)
        runs = [run for run in plan.grid if run.seed == 0]
        write_configs(runs)
        require_same_configs(runs)
        return {', '.join(run.setting.values()): load_config(str(run.config_path)) for run in runs}

    return configs


@pytest.mark.parametrize('name', NAMES)
def test_every_setting_builds(name, expand, tmp_path):
    base = load_config(str(read_ablation(ABLATIONS / name).base))
    steps = base.train_cfg.max_iters * base.model.student_iter
    for label, config in expand(name).items():
        assert config.model.generator.init_cfg.checkpoint == str(tmp_path / 'shared/prior_seed0/final.pth')
        generator = MODELS.build({**config.model.generator, 'init_cfg': None})
        if hook := config.default_hooks.get('policy_gradient'):
            assert HOOKS.build(hook).window <= generator.sampler.num_steps, label
        assert len(generator.replay_buffer) == config.model.generator.replay_buffer.capacity
        assert config.train_cfg.max_iters * config.model.student_iter == steps, label
        assert config.param_scheduler.architecture.T_max == config.train_cfg.max_iters
        assert config.val_dataloader == base.val_dataloader
        assert set(config.model.distiller.distill_losses) == set(base.model.distiller.distill_losses)


def test_what_the_settings_change(expand):
    hooks = {label: config.default_hooks.policy_gradient for label, config in expand('window_digits.py').items()}
    windows = {label: hook.window for label, hook in hooks.items()}
    assert windows == {'1': 1, '3': 3, '5': 5, '7': 7, '10': 10}
    hooks = {
        label: config.default_hooks.policy_gradient for label, config in expand('policy_gradient_digits.py').items()
    }
    assert hooks.pop('without') is None
    assert {label: hook.estimator for label, hook in hooks.items()} == {label: label for label in hooks}
    assert list(hooks) == ['autograd', 'finite_difference', 'marginal']
    guidance = [config.model.generator.sampler.get('guidance', []) for config in expand('guidance_digits.py').values()]
    assert [len(terms) for terms in guidance] == [0, 1, 1, 3]


def test_fewer_pseudo_samples_are_as_many_as_the_label_says(expand):
    for label, config in expand('pseudo_samples_digits.py').items():
        fresh = config.train_cfg.max_iters * config.train_dataloader.batch_size
        stored = config.model.generator.replay_buffer.capacity
        assert fresh + stored == int(label)
        assert stored >= config.train_dataloader.batch_size


@pytest.mark.parametrize(
    'name, weights', [('digits', [None, 0.1, 0, None, 0.1]), ('fashion_mnist', [None, 0.05, None, 0.0125, None, 0.05])]
)
def test_ways_to_fine_tune_ask_as_often(name, weights, expand):
    found = expand(f'black_box_{name}.py').values()
    assert len({(config.train_dataloader.batch_size, config.train_cfg.max_iters) for config in found}) == 1
    hooks = [config.default_hooks.get('policy_gradient') for config in found]
    assert [hook and hook.policy_weight for hook in hooks] == weights
