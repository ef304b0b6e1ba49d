"""The teachers' outputs for stored chains, computed once for each state."""

from collections.abc import Callable

import torch
from mmrazor.models.task_modules import RecorderManager
from mmrazor.models.task_modules.recorder import ModuleOutputsRecorder
from torch import Tensor, nn

from ...samplers import ReplayBuffer
from ...utils import ConfigError, evaluating

LABEL = 'label'  # beside the recorders' names, which begin with PREFIX
PREFIX = 'teacher_recorders.'


def require_cacheable(recorders: RecorderManager, teachers: nn.ModuleDict, image_shape: tuple[int, int, int]) -> None:
    """Each teacher recorder must keep tensors whose rows are the images', or they cannot be kept chain by chain."""
    with evaluating(teachers), torch.no_grad(), recorders:
        for teacher in teachers.values():
            teacher(torch.zeros(2, *image_shape), mode='tensor')
    for name, recorder in recorders.recorders.items():
        data = recorder.data_buffer
        rows = data and all(isinstance(item, Tensor) and item.shape[:1] == (2,) for item in data)
        if not (isinstance(recorder, ModuleOutputsRecorder) and rows):
            raise ConfigError(
                f'model.cache_teacher is True but model.distiller.teacher_recorders.{name} does not record tensors '
                'with a row for each image; record the output of a module, or set model.cache_teacher=False'
            )


def cached_outputs(
    ask: Callable[[Tensor], Tensor], recorders: RecorderManager, buffer: ReplayBuffer, slots: Tensor, images: Tensor
) -> Tensor:
    """Fill the recorders for the stored ``images``, and ask the teachers only about states that they have not seen.

    The rows are those that a pass over all the images would give, up to rounding: a teacher in eval mode treats each
    image by itself. Call it inside the recorders' context.

    Args:
        ask (Callable): Passes images (N, C, H, W) through all teachers; returns the first one's class of each, (N,).
        recorders (RecorderManager): The teachers' recorders, which :func:`require_cacheable` has passed.
        buffer (ReplayBuffer): Keeps the answers until a state changes.
        slots (Tensor): The images' places in the buffer, shape (N,).
        images (Tensor): The images, shape (N, C, H, W).

    Returns:
        Tensor: The first teacher's class of each image, int64, shape (N,).
    """
    kept = {key.rpartition('.')[0] for key in buffer.notes} - {''}
    if kept != {PREFIX + name for name in recorders.recorders}:
        buffer.forget_notes()  # a run that was resumed with other recorders
    unknown = [index for index, known in enumerate(buffer.is_cached(slots).tolist()) if not known]
    if unknown:
        label = ask(images[torch.tensor(unknown).to(images.device, non_blocking=True)])
        rows = {
            f'{PREFIX}{name}.{call}': data
            for name, recorder in recorders.recorders.items()
            for call, data in enumerate(recorder.data_buffer)
        }
        buffer.cache(slots[unknown], {LABEL: label, **rows})
    known = buffer.cached(slots)
    for recorder in recorders.recorders.values():
        recorder.reset_data_buffer()
    for key, values in known.items():  # in the order in which the teacher made them
        if key != LABEL:
            name = key.removeprefix(PREFIX).rpartition('.')[0]
            recorders.recorders[name].data_buffer.append(values)
    return known[LABEL]
