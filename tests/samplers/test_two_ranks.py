"""The replay buffer on two gloo processes."""

from ..processes import run_ranks

SCRIPT = """
import sys
import torch
import torch.distributed as dist
import genkd_mm
from genkd_mm.samplers import ReplayBuffer

dist.init_process_group('gloo')
rank = dist.get_rank()
torch.manual_seed(rank)

def make(capacity=24):
    return ReplayBuffer(capacity, image_shape=(1, 2, 2), num_classes=3)

buffer = make()
assert len(buffer) == 12 and buffer.chains_per_class == 4
buffer.mark_seen(torch.arange(2 + rank))
buffer.reward(torch.arange(12), buffer.global_ids(torch.arange(12)).float())
buffer.cache(torch.arange(3), dict(label=torch.arange(3) + 10 * rank))
state = buffer.state_dict()
if rank == 1:
    assert not len(state['states']) and not len(state['seen']) and not len(state['notes']['label'])  # rank 0 saves them
parts = [state if rank == 0 else None]
dist.broadcast_object_list(parts)
state = parts[0]
assert state['states'].shape == (24, 1, 2, 2) and state['distinct_seen'] == 5
classes = state['states'].view(3, 2, 4, 1, 2, 2)  # class, rank, chain
assert torch.equal(classes[:, rank].flatten(0, 1), buffer.states)
assert not torch.equal(classes[:, 0], classes[:, 1])  # ranks have chains of their own

assert state['rewards'].tolist() == list(range(24))

again = make()
again.load_state_dict(state, 'FILE')
assert torch.equal(again.states, buffer.states) and torch.equal(again.rewards, buffer.rewards)
assert (again._seen == buffer._seen).all()
assert torch.equal(again.notes['label'], buffer.notes['label']) and again.is_cached(torch.arange(12)).sum() == 3
assert again.state_dict()['distinct_seen'] == 5
if rank == 0:
    torch.save(state, sys.argv[1])
dist.destroy_process_group()
"""


def test_chains_of_all_ranks_are_saved_and_given_back(tmp_path):
    import torch

    from genkd_mm.samplers import ReplayBuffer

    script, saved = tmp_path / 'script.py', tmp_path / 'state.pth'
    script.write_text(SCRIPT)
    run_ranks(script, saved)
    # one process takes over what two have saved: every chain, in its class
    buffer = ReplayBuffer(24, image_shape=(1, 2, 2), num_classes=3)
    buffer.load_state_dict(torch.load(saved, weights_only=True), 'FILE')
    assert torch.equal(buffer.states, torch.load(saved, weights_only=True)['states'])
