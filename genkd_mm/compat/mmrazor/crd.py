"""Patches for mmrazor's ``CRDLoss`` and its memory."""

from ..patching import patches


def weight_crd() -> None:
    """mmrazor's ``CRDLoss`` keeps ``loss_weight`` and never multiplies by it."""
    import torch
    from mmrazor.models.losses import CRDLoss

    if 'loss_weight' in CRDLoss.forward.__code__.co_names:
        return

    @patches(CRDLoss, 'forward')
    def forward(original, self, *args, **kwargs) -> torch.Tensor:
        return self.loss_weight * original(self, *args, **kwargs)


def keep_crd_memory_together() -> None:
    """The memory of mmrazor's ``CRDLoss`` is on one device and in one process; two defects follow.

    Its negatives are drawn on the CPU and looked up on the GPU, which fails: they are drawn where the memory is. Each
    process has a memory of its own, of which a checkpoint holds that of rank 0: after each batch every process takes
    the rows that the others have written, and rank 0's normalisation constants.
    """
    import torch
    from mmengine.dist import all_gather, broadcast, get_world_size
    from mmrazor.models.losses.crd_loss import ContrastMemory

    @patches(ContrastMemory, 'forward')
    def forward(original, self, feat_s, feat_t, idx, sample_idx=None) -> tuple:
        device = self.memory_v1.device
        self.multinomial.prob = self.multinomial.prob.to(device)
        self.multinomial.alias = self.multinomial.alias.to(device)
        scores = original(self, feat_s, feat_t, idx, sample_idx)
        if get_world_size() > 1:
            written = torch.cat(all_gather(idx))
            for memory in (self.memory_v1, self.memory_v2):
                memory.index_copy_(0, written, torch.cat(all_gather(memory[idx])))
            broadcast(self.params)
        return scores
