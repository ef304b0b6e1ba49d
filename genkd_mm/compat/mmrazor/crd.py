"""Patches for mmrazor's ``CRDLoss`` and its memory."""

import functools


def apply() -> None:
    """Apply every patch of this module."""
    weight_crd()
    draw_crd_negatives_where_the_memory_is()
    share_crd_memory()


def weight_crd() -> None:
    """mmrazor's ``CRDLoss`` keeps ``loss_weight`` and never multiplies by it."""
    from mmrazor.models.losses import CRDLoss

    original = CRDLoss.forward
    if hasattr(original, '__wrapped__') or 'loss_weight' in original.__code__.co_names:
        return

    @functools.wraps(original)
    def forward(self, *args, **kwargs):
        return self.loss_weight * original(self, *args, **kwargs)

    CRDLoss.forward = forward


def draw_crd_negatives_where_the_memory_is() -> None:
    """mmrazor's ``CRDLoss`` draws its negatives on the CPU and looks them up on the GPU, which fails."""
    from mmrazor.models.losses.crd_loss import ContrastMemory

    original = ContrastMemory.forward
    if hasattr(original, '__wrapped__'):
        return

    @functools.wraps(original)
    def forward(self, *args, **kwargs):
        device = self.memory_v1.device
        self.multinomial.prob, self.multinomial.alias = (
            table.to(device) for table in (self.multinomial.prob, self.multinomial.alias)
        )
        return original(self, *args, **kwargs)

    ContrastMemory.forward = forward


def share_crd_memory() -> None:
    """Each process has a memory of its own in mmrazor's ``CRDLoss``, of which a checkpoint holds that of rank 0.

    After each batch every process takes the rows that the others have written, and rank 0's normalisation constants.
    """
    import torch
    from mmengine.dist import all_gather, broadcast, get_world_size
    from mmrazor.models.losses.crd_loss import ContrastMemory

    original = ContrastMemory.forward
    if hasattr(original, '_shares_memory'):
        return

    @functools.wraps(original)
    def forward(self, feat_s, feat_t, idx, sample_idx=None):
        scores = original(self, feat_s, feat_t, idx, sample_idx)
        if get_world_size() > 1:
            written = torch.cat(all_gather(idx))
            for memory in (self.memory_v1, self.memory_v2):
                memory.index_copy_(0, written, torch.cat(all_gather(memory[idx])))
            broadcast(self.params)
        return scores

    forward._shares_memory = True
    ContrastMemory.forward = forward
