"""The generator's gradients stay out of the student."""

import pytest
import torch
from mmengine.device import get_device
from mmengine.model import MMSeparateDistributedDataParallel
from mmengine.optim import OptimWrapper, OptimWrapperDict
from mmpretrain.structures import DataSample
from mmrazor.registry import MODELS
from torch import nn

cpu_only = pytest.mark.skipif(get_device() != 'cpu', reason='patches what fails without an accelerator')


def kl(loss_weight: float) -> dict:
    """A distiller on the logits; with weight 0 the student learns nothing from it."""
    logits = dict(type='ModuleOutputs', source='head.fc')
    return dict(
        type='ConfigurableDistiller',
        student_recorders=dict(fc=logits),
        teacher_recorders=dict(fc=dict(logits, source='teacher.head.fc')),
        distill_losses=dict(loss_kl=dict(type='KLDivergence', loss_weight=loss_weight, teacher_detach=False)),
        loss_forward_mappings=dict(
            loss_kl=dict(
                preds_S=dict(from_student=True, recorder='fc'), preds_T=dict(from_student=False, recorder='fc')
            )
        ),
    )


@pytest.fixture(params=['generator first', 'student first', 'DAFL'])
def stock_algorithm(request, process_group, teacher_config, student_config):
    """mmrazor's own data-free algorithm, whose generator is trained against the student."""
    for config in (teacher_config, student_config):
        config['backbone'] = dict(config['backbone'], in_channels=3)
    name = 'DAFLDataFreeDistillation' if request.param == 'DAFL' else 'DataFreeDistillation'
    algorithm = MODELS.build(
        dict(
            type=name,
            data_preprocessor=dict(
                type='mmpretrain.ClsDataPreprocessor', mean=[0.0] * 3, std=[1.0] * 3, num_classes=10
            ),
            architecture=student_config,
            teachers=dict(teacher=dict(build_cfg=teacher_config)),
            generator=dict(type='DAFLGenerator', img_size=8, latent_dim=6, hidden_channels=4),
            distiller=kl(0.0),
            generator_distiller=kl(-1.0),
            student_train_first=request.param == 'student first',
        )
    )
    nn.init.normal_(algorithm.student.head.fc.weight)  # logits that differ from the teacher's
    return MMSeparateDistributedDataParallel(algorithm, device_ids=[0])


def steps(model, count: int, accumulative_counts: int = 1) -> None:
    """Train steps with plain gradient descent, so that no gradient means no change."""
    parts = dict(architecture=model.module.student, generator=model.module.generator)
    wrappers = OptimWrapperDict(
        **{
            name: OptimWrapper(
                torch.optim.SGD(part.parameters(), lr=1.0),
                accumulative_counts=accumulative_counts if name == 'architecture' else 1,
            )
            for name, part in parts.items()
        }
    )
    data = dict(inputs=[torch.zeros(3, 8, 8)] * 4, data_samples=[DataSample().set_gt_label(i) for i in range(4)])
    for _ in range(count):
        model.train_step(data, wrappers)


def values(module: nn.Module) -> list[torch.Tensor]:
    return [parameter.detach().clone() for parameter in module.parameters()]


@cpu_only
def test_generator_loss_moves_the_generator_and_not_the_student(stock_algorithm):
    student, generator = stock_algorithm.module.student, stock_algorithm.module.generator
    student_before, generator_before = values(student), values(generator)
    steps(stock_algorithm, 2)
    assert any(not torch.equal(one, other) for one, other in zip(generator_before, values(generator)))
    for before, after in zip(student_before, values(student)):
        assert torch.equal(before, after)


@cpu_only
def test_gradients_that_the_student_accumulated_before_survive(stock_algorithm):
    student = stock_algorithm.module.student
    gradients = [torch.randn_like(parameter) for parameter in student.parameters()]
    for parameter, gradient in zip(student.parameters(), gradients):
        parameter.grad = gradient.clone()
    steps(stock_algorithm, 1, accumulative_counts=4)
    for parameter, gradient in zip(student.parameters(), gradients):
        assert torch.equal(parameter.grad, gradient)
