import pytest
import torch

from genkd_mm.samplers import LangevinSampler
from genkd_mm.structures import ChainSpec
from genkd_mm.utils import ConfigError

FLOW = ChainSpec.of(LangevinSampler(num_steps=20, step_size=0.05, noise_std=0.0, start='normal'))
LANGEVIN = ChainSpec.of(LangevinSampler(num_steps=20, step_size=1.0, noise_std=0.01))


@pytest.mark.parametrize('spec', [FLOW, LANGEVIN])
def test_survives_a_checkpoint(tmp_path, spec):
    torch.save(dict(chain_spec=spec.to_dict()), tmp_path / 'final.pth')
    assert ChainSpec.from_dict(torch.load(tmp_path / 'final.pth', weights_only=True)['chain_spec']) == spec


def test_a_checkpoint_without_one_has_uniform_starts():
    ChainSpec.from_dict(None).require('old.pth', LANGEVIN, starts_anew=True)


@pytest.mark.parametrize('one, other', [(FLOW, LANGEVIN), (LANGEVIN, FLOW)])
def test_another_start_is_refused_in_one_sentence(one, other):
    with pytest.raises(ConfigError) as error:
        one.require('prior.pth', other, starts_anew=False)
    assert str(error.value).startswith(
        f"prior.pth is a prior whose chains have sampler.start='{one.start}' but the config has '{other.start}'; "
    )


def test_a_new_flow_must_be_whole_but_a_stored_image_may_take_any_step():
    finer = ChainSpec.of(LangevinSampler(num_steps=50, step_size=0.02, start='normal'))
    part = ChainSpec.of(LangevinSampler(num_steps=4, step_size=0.05, start='normal'))
    FLOW.require('prior.pth', finer, starts_anew=True)
    FLOW.require('prior.pth', part, starts_anew=False)
    with pytest.raises(ConfigError, match=r'prior.pth is a prior whose flow takes steps of 1 in all .* add up to 0.2'):
        FLOW.require('prior.pth', part, starts_anew=True)
    LANGEVIN.require('prior.pth', ChainSpec.of(LangevinSampler(num_steps=4)), starts_anew=True)


@pytest.mark.parametrize('stored', [dict(start='uniform', step_sizes=[1.0]), {**FLOW.to_dict(), 'noise_stds': 0.0}])
def test_a_damaged_one_is_one_sentence(stored):
    with pytest.raises(ConfigError, match='The chain specification of a checkpoint is .*; expected start, step_sizes'):
        ChainSpec.from_dict(stored)
