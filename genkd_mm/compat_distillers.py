"""Mends for mmrazor's distillers and their losses, in the manner of :mod:`genkd_mm.compat`."""

import functools
import importlib.util
from collections.abc import Callable


def apply() -> None:
    """Apply every mend of this file."""
    stop_inplace_activations()
    let_distillers_be_called()
    give_contiguous_features()
    reduce_dkd_as_configured()
    find_soft_cross_entropy()
    keep_slopes_of_kl_divergence_finite()
    leave_out_angles_of_equal_features()
    weight_crd()
    draw_crd_negatives_where_the_memory_is()
    share_crd_memory()


def _names_argument(function, name: str) -> bool:
    """Whether ``function`` calls something with the keyword argument ``name``."""
    return any(name in names for names in function.__code__.co_consts if isinstance(names, tuple))


def stop_inplace_activations() -> None:
    """mmrazor switches in-place activations off, so that a recorded feature is not overwritten by the activation after
    it. It looks for ``_modules`` that is an ``OrderedDict``; a current torch has a dict, and nothing is switched off.
    """
    from collections import OrderedDict

    from mmrazor.models.algorithms import BaseAlgorithm
    from torch import nn

    if isinstance(nn.Module()._modules, OrderedDict):
        return

    def set_module_inplace_false(self, architecture, varstr: str) -> None:
        for module in architecture.modules():
            if hasattr(module, 'inplace'):
                module.inplace = False

    BaseAlgorithm.set_module_inplace_false = set_module_inplace_false


def let_distillers_be_called() -> None:
    """mmrazor's distillers have no ``forward``. A distributed wrapper averages the gradients of what is called through
    it, and so never those of a distiller's connectors; ``distiller(mode='loss')`` now computes the losses.
    """
    from mmrazor.models.distillers import BaseDistiller

    if 'forward' in BaseDistiller.__dict__:
        return

    def forward(self, mode: str = 'loss') -> dict:  # an argument: on a GPU the wrapper cannot be called without
        return self.compute_distill_losses()

    BaseDistiller.forward = forward


def give_contiguous_features() -> None:
    """mmrazor's connectors and losses flatten features with ``view``, which refuses those of a net in channels_last.
    What a recorder or a connector gives is copied into the usual layout first, where it is not in it already.
    """
    from mmrazor.models.distillers import ConfigurableDistiller
    from mmrazor.models.task_modules.recorder.base_recorder import BaseRecorder

    for owner, name in ((BaseRecorder, 'get_record_data'), (ConfigurableDistiller, 'get_record')):
        if not hasattr(getattr(owner, name), '__wrapped__'):
            setattr(owner, name, _contiguous(getattr(owner, name)))


def _contiguous(function: Callable) -> Callable:
    """``function`` with its result, if that is a tensor, contiguous."""
    import torch

    @functools.wraps(function)
    def call(*args, **kwargs):
        result = function(*args, **kwargs)
        return result.contiguous() if isinstance(result, torch.Tensor) else result

    return call


def reduce_dkd_as_configured() -> None:
    """mmrazor's ``DKDLoss`` passes ``size_average=False``, a name that torch has deprecated and lets overrule
    ``reduction``: whatever that says, the batch is summed. ``reduction`` counts again; ``batchmean`` is the default.
    """
    import torch.nn.functional as F
    from mmrazor.models.losses import DKDLoss

    if not _names_argument(DKDLoss._kl_loss, 'size_average'):
        return

    def _kl_loss(self, preds_S, preds_T):
        return F.kl_div(preds_S, preds_T, reduction=self.reduction) * self.tau**2

    DKDLoss._kl_loss = _kl_loss


def find_soft_cross_entropy() -> None:
    """mmrazor's ``KDSoftCELoss`` takes its criterion from mmcls, which mmpretrain has replaced; it is there now."""
    from mmpretrain.models.losses.cross_entropy_loss import soft_cross_entropy
    from mmrazor.models.losses import kd_soft_ce_loss

    if importlib.util.find_spec('mmcls') is None:
        kd_soft_ce_loss.soft_cross_entropy = soft_cross_entropy


def keep_slopes_of_kl_divergence_finite() -> None:
    """mmrazor's ``KLDivergence`` takes the logarithm of the teacher's probabilities. One that underflows to 0 has an
    infinite slope there, and a generator that learns through the teacher (``teacher_detach=False``, ZSKT) turns NaN.
    The logarithm of the softmax is the same number with a finite slope.
    """
    import torch.nn.functional as F
    from mmrazor.models.losses import KLDivergence

    original = KLDivergence.forward
    if hasattr(original, '__wrapped__') or _names_argument(original, 'log_target'):
        return

    @functools.wraps(original)
    def forward(self, preds_S, preds_T):
        if self.teacher_detach:
            return original(self, preds_S, preds_T)
        student, teacher = (F.log_softmax(logits / self.tau, dim=1) for logits in (preds_S, preds_T))
        loss = F.kl_div(student, teacher, reduction=self.reduction, log_target=True)
        return self.loss_weight * self.tau**2 * loss

    KLDivergence.forward = forward


def leave_out_angles_of_equal_features() -> None:
    """mmrazor's ``AngleWiseRKD`` divides the difference of two images' features by its length, at least 1e-12. A fresh
    student gives some images the same features; their gradient is multiplied by 1e12, and the run is lost. Such a pair
    makes no angle and is left out.
    """
    import torch
    from mmrazor.models.losses import relational_kd

    def angle(pred):
        difference = pred.unsqueeze(0) - pred.unsqueeze(1)
        length = difference.norm(dim=2, keepdim=True)
        direction = difference / length.masked_fill(length < 1e-6, torch.inf)
        return torch.bmm(direction, direction.transpose(1, 2)).view(-1)

    relational_kd.angle = angle


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
