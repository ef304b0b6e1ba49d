"""Patches for mmrazor's distillation losses."""

import importlib.util

from ..patching import patches


def _names_argument(function, name: str) -> bool:
    """Whether ``function`` calls something with the keyword argument ``name``."""
    return any(name in names for names in function.__code__.co_consts if isinstance(names, tuple))


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
    import torch
    import torch.nn.functional as F
    from mmrazor.models.losses import KLDivergence

    if _names_argument(KLDivergence.forward, 'log_target'):
        return

    @patches(KLDivergence, 'forward')
    def forward(original, self, preds_S, preds_T) -> torch.Tensor:
        if self.teacher_detach:
            return original(self, preds_S, preds_T)
        student, teacher = (F.log_softmax(logits / self.tau, dim=1) for logits in (preds_S, preds_T))
        loss = F.kl_div(student, teacher, reduction=self.reduction, log_target=True)
        return self.loss_weight * self.tau**2 * loss


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
