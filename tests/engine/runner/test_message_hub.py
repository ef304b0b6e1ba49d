"""Logged tensors are read together, when somebody asks."""

import math

import torch
from mmengine.logging import MessageHub

from genkd_mm.engine.runner.message_hub import LazyMessageHub


def logged(hub: MessageHub) -> MessageHub:
    """Values of all kinds, in turns."""
    value = torch.tensor(0.1)
    for step in range(3):
        hub.update_scalar('train/loss', value)
        value += 1  # in place: what has been logged stays
        hub.update_scalar('train/lr', 0.5 / (step + 1))
        hub.update_scalar('train/loss', 7.0)  # a number among tensors
        hub.update_scalar('train/loss', torch.tensor([step + 0.3], dtype=torch.bfloat16), count=2)
        hub.update_scalar('train/number', torch.tensor(step))
        hub.update_scalar('train/once', torch.tensor(math.pi, dtype=torch.float64), resumed=False)
    return hub


def histories(hub: MessageHub) -> dict:
    return {key: [part.tolist() for part in history.data] for key, history in hub.log_scalars.items()}


def test_the_histories_are_mmengines():
    assert histories(logged(LazyMessageHub('lazy'))) == histories(logged(MessageHub('eager')))


def test_a_checkpoint_has_all_values():
    lazy, eager = (logged(hub).state_dict() for hub in (LazyMessageHub('lazy'), MessageHub('eager')))
    assert dict(lazy['resumed_keys']) == dict(eager['resumed_keys']) and 'train/once' not in lazy['log_scalars']
    for key, history in eager['log_scalars'].items():
        assert all((one == other).all() for one, other in zip(history.data, lazy['log_scalars'][key].data))


def test_who_asks_for_a_number_waits_for_no_tensor():
    hub = logged(LazyMessageHub('lazy'))
    assert hub.get_scalar('train/lr').current() == 0.5 / 3
    assert hub._waiting
    assert hub.get_scalar('train/number').current() == 2
    assert not hub._waiting


def test_no_graph_is_kept():
    weight = torch.ones(2, requires_grad=True)
    hub = LazyMessageHub('lazy')
    hub.update_scalar('train/loss', weight.sum())
    assert not any(value.requires_grad for value, *_ in hub._waiting['train/loss'])
    assert hub.get_scalar('train/loss').current() == 2


def test_what_waits_is_bounded(monkeypatch):
    monkeypatch.setattr('genkd_mm.engine.runner.message_hub.MOST', 10)
    hub = LazyMessageHub('lazy')
    for step in range(25):
        hub.update_scalar('train/loss', torch.tensor(float(step)))
    assert len(hub._waiting['train/loss']) == 5
    assert hub.get_scalar('train/loss').data[0].tolist() == list(range(25))
