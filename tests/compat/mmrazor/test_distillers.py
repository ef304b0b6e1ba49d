"""Every patch for mmrazor's distillers and losses, against the defect that it patches."""

import pytest
import torch
from mmengine.device import get_device
from mmengine.model import MMDistributedDataParallel
from mmpretrain.structures import DataSample
from mmrazor.registry import MODELS
from torch import nn

cpu_only = pytest.mark.skipif(get_device() != 'cpu', reason='patches what fails without an accelerator')


def test_recorded_features_are_not_overwritten_by_the_activation_after_them(teacher_config, student_config):
    algorithm = MODELS.build(
        dict(
            type='SingleTeacherDistill',
            architecture=student_config,
            teacher=teacher_config,
            distiller=dict(
                type='ConfigurableDistiller',
                student_recorders=dict(norm=dict(type='ModuleOutputs', source='backbone.layer1.0.bn1')),
            ),
        )
    )
    with algorithm.distiller.student_recorders:
        algorithm.student(torch.randn(2, 1, 8, 8))
    assert algorithm.distiller.get_record('norm', from_student=True).min() < 0  # before the ReLU


@cpu_only
def test_a_wrapped_distiller_trains_its_connector(process_group):
    network = nn.Sequential(nn.Linear(3, 3))
    distiller = MODELS.build(
        dict(
            type='ConfigurableDistiller',
            student_recorders=dict(out=dict(type='ModuleOutputs', source='0')),
            teacher_recorders=dict(out=dict(type='ModuleOutputs', source='0')),
            connectors=dict(
                fc=dict(type='TorchNNConnector', module_name='Linear', module_args=dict(in_features=3, out_features=3))
            ),
            distill_losses=dict(loss=dict(type='L2Loss')),
            loss_forward_mappings=dict(
                loss=dict(
                    s_feature=dict(from_student=True, recorder='out', connector='fc'),
                    t_feature=dict(from_student=False, recorder='out'),
                )
            ),
        )
    )
    distiller.prepare_from_student(network)
    distiller.prepare_from_teacher(network)
    with distiller.student_recorders, distiller.teacher_recorders:
        network(torch.randn(4, 3))
    wrapped = MMDistributedDataParallel(distiller, device_ids=[0])
    losses = wrapped(mode='loss')
    assert torch.equal(losses['loss'], distiller.compute_distill_losses()['loss'])
    losses['loss'].backward()
    assert distiller.connectors.fc.func.weight.grad.norm() > 0


@pytest.mark.parametrize('reduction, factor', [('batchmean', 1), ('sum', 2)])
def test_dkd_reduces_as_its_config_says(reduction, factor):
    student, teacher, labels = torch.randn(5, 10), torch.randn(5, 10), torch.randint(10, (5,))
    loss = MODELS.build(dict(type='DKDLoss', tau=2.0, reduction=reduction))
    twice = loss(student.repeat(2, 1), teacher.repeat(2, 1), labels.repeat(2))
    torch.testing.assert_close(twice, factor * loss(student, teacher, labels))


def test_dkd_with_both_weights_one_is_the_formula_of_the_paper():
    """Equation 7: KL of (target, rest) plus KL within the rest, both times tau squared."""
    student, teacher, labels, tau = torch.randn(5, 10), torch.randn(5, 10), torch.randint(10, (5,)), 3.0
    one, other = (logits.div(tau).softmax(1) for logits in (student, teacher))
    rest = torch.ones(5, 10).scatter_(1, labels[:, None], 0).bool()
    pairs = [torch.stack([p[~rest], p[rest].view(5, 9).sum(1)], 1) for p in (one, other)]
    within = [p[rest].view(5, 9) / p[rest].view(5, 9).sum(1, keepdim=True) for p in (one, other)]
    expected = sum((t * (t / s).log()).sum(1).mean() for s, t in (pairs, within)) * tau**2
    loss = MODELS.build(dict(type='DKDLoss', tau=tau))(student, teacher, labels)
    torch.testing.assert_close(loss, expected, rtol=1e-4, atol=1e-5)


def test_soft_cross_entropy_without_mmcls():
    student, teacher = torch.randn(5, 10), torch.randn(5, 10)
    expected = -(teacher.softmax(1) * student.log_softmax(1)).sum(1).mean()
    torch.testing.assert_close(MODELS.build(dict(type='KDSoftCELoss'))(student, teacher), expected)


def test_images_with_equal_features_do_not_blow_up_the_angles():
    loss, teacher = MODELS.build(dict(type='AngleWiseRKD', loss_weight=1.0)), torch.randn(6, 4)
    student = torch.randn(6, 4, requires_grad=True)
    unit = nn.functional.normalize
    vectors, wanted = (unit(unit(x)[None] - unit(x)[:, None], dim=2) for x in (student, teacher))
    expected = nn.functional.smooth_l1_loss(vectors @ vectors.mT, wanted @ wanted.mT)
    torch.testing.assert_close(loss(student, teacher), expected)  # Park et al. 2019, equations 6 and 7
    with torch.no_grad():
        student[1] = student[0]
    loss(student, teacher).backward()
    assert student.grad.isfinite().all() and 0 < student.grad.abs().max() < 10


@pytest.mark.parametrize('reduction', ['mean', 'batchmean'])
def test_slopes_of_the_kl_divergence_are_finite_where_the_teacher_is_sure(reduction):
    student, teacher = torch.randn(4, 3), torch.randn(4, 3)
    losses = [
        MODELS.build(dict(type='KLDivergence', tau=2.0, reduction=reduction, teacher_detach=detach))
        for detach in (True, False)
    ]
    torch.testing.assert_close(losses[0](student, teacher), losses[1](student, teacher))
    teacher = torch.tensor([[500.0, 0.0, -500.0]], requires_grad=True)  # probabilities of 1, 0 and 0 in float32
    losses[1](torch.zeros(1, 3), teacher).backward()
    assert teacher.grad.isfinite().all()


def crd(device: str = 'cpu', loss_weight: float = 1.0) -> torch.Tensor:
    """CRDLoss of four images with a memory of its own, under a seed."""
    torch.manual_seed(0)
    loss = MODELS.build(dict(type='CRDLoss', loss_weight=loss_weight, neg_num=6, sample_n=20, dim_out=8)).to(device)
    features = nn.functional.normalize(torch.randn(2, 4, 8)).to(device)
    samples = [DataSample(sample_idx=torch.tensor(i, device=device)) for i in range(4)]
    return loss(*features, samples)


def test_crd_counts_its_weight():
    torch.testing.assert_close(crd(loss_weight=0.25), 0.25 * crd())


@pytest.mark.skipif(not torch.cuda.is_available(), reason='the negatives and the memory are on one device')
def test_crd_on_a_gpu():
    assert crd('cuda').isfinite().all()
