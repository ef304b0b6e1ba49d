"""Patches for mmrazor's distillers and recorders."""

from typing import Any

from ..patching import patches


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
    import torch
    from mmrazor.models.distillers import ConfigurableDistiller
    from mmrazor.models.task_modules.recorder.base_recorder import BaseRecorder

    def contiguous(original, *args, **kwargs) -> Any:
        result = original(*args, **kwargs)
        return result.contiguous() if isinstance(result, torch.Tensor) else result

    patches(BaseRecorder, 'get_record_data')(contiguous)
    patches(ConfigurableDistiller, 'get_record')(contiguous)
