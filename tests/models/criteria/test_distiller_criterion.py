import pytest
import torch
import torch.nn.functional as F
from mmrazor.registry import MODELS

from genkd_mm.models import Disagreement, DistillerCriterion


def distiller_config(losses: dict) -> dict:
    """A distiller whose losses compare the logits."""
    logits = dict(type='ModuleOutputs', source='head.fc')
    mapping = dict(preds_S=dict(from_student=True, recorder='fc'), preds_T=dict(from_student=False, recorder='fc'))
    return dict(
        type='ConfigurableDistiller',
        student_recorders=dict(fc=logits),
        teacher_recorders=dict(fc=dict(logits, source='teacher.head.fc')),
        distill_losses=losses,
        loss_forward_mappings={name: mapping for name in losses},
    )


@pytest.fixture
def logits(teacher, student, images) -> tuple[torch.Tensor, torch.Tensor]:
    """Of teacher and student."""
    modes = student.training
    with torch.no_grad():
        outputs = teacher(images, mode='tensor'), student.eval()(images, mode='tensor')
    student.train(modes)
    return outputs


def kl_per_image(teacher_logits: torch.Tensor, student_logits: torch.Tensor, tau: float = 1.0) -> torch.Tensor:
    student, teacher = ((logits / tau).log_softmax(1) for logits in (student_logits, teacher_logits))
    return tau**2 * F.kl_div(student, teacher, reduction='none', log_target=True).sum(1)


def test_kl_divergence_per_image(networks, logits, images, labels):
    losses = dict(loss_kl=dict(type='KLDivergence', tau=1, reduction='batchmean'))
    criterion = DistillerCriterion(distiller_config(losses))
    criterion.bind(networks)
    torch.testing.assert_close(criterion(images, labels), kl_per_image(*logits))


def test_losses_are_summed_with_their_weights(networks, logits, images, labels):
    losses = dict(
        loss_kl=dict(type='KLDivergence', tau=4, reduction='batchmean', loss_weight=0.5),
        loss_l1=dict(type='L1Loss', reduction='mean', loss_weight=2.0),
    )
    config = distiller_config(losses)
    mapping = config['loss_forward_mappings']['loss_l1']
    config['loss_forward_mappings']['loss_l1'] = dict(s_feature=mapping['preds_S'], t_feature=mapping['preds_T'])
    criterion = DistillerCriterion(config)
    criterion.bind(networks)
    expected = 0.5 * kl_per_image(*logits, tau=4) + 2.0 * (logits[0] - logits[1]).abs().mean(1)
    torch.testing.assert_close(criterion(images, labels), expected)


def test_own_records_do_not_disturb_those_of_another_distiller(networks, teacher, student, images, labels):
    """The algorithm trains with the same modules recorded."""
    losses = dict(loss_kl=dict(type='KLDivergence', tau=1, reduction='batchmean'))
    training = MODELS.build(distiller_config(losses))
    training.prepare_from_student(student)
    training.prepare_from_teacher(torch.nn.ModuleDict(dict(teacher=teacher)))
    criterion = DistillerCriterion(distiller_config(losses))
    criterion.bind(networks)
    batch = torch.randn(3, 1, 8, 8)
    with training.student_recorders, training.teacher_recorders:
        student(batch, mode='tensor')
        teacher(batch, mode='tensor')
    before = training.compute_distill_losses()['loss_kl']
    criterion(images, labels)
    assert torch.equal(training.compute_distill_losses()['loss_kl'], before)


@pytest.mark.parametrize('first', ['distiller', 'disagreement'])
def test_its_passes_are_those_of_the_other_criteria(networks, passes, images, labels, first):
    losses = dict(loss_kl=dict(type='KLDivergence', tau=1, reduction='batchmean'))
    criteria = dict(distiller=DistillerCriterion(distiller_config(losses)), disagreement=Disagreement())
    for criterion in criteria.values():
        criterion.bind(networks)
    expected = criteria['distiller'](images, labels)
    criteria['distiller'](torch.randn_like(images), labels)  # what the recorders kept is of other images now
    passes.update(teacher=0, student=0)
    order = sorted(criteria, key=lambda name: name != first)
    costs = {name: criteria[name](images, labels) for name in order}
    torch.testing.assert_close(costs['distiller'], expected)
    assert passes == dict(teacher=1, student=1)


def test_what_the_recorders_kept_goes_with_the_outputs(networks, images, labels):
    criterion = DistillerCriterion(distiller_config(dict(loss_kl=dict(type='KLDivergence', tau=1))))
    criterion.bind(networks)
    criterion(images, labels)
    recorders = [
        recorders.get_recorder('fc')
        for recorders in (criterion.distiller.student_recorders, criterion.distiller.teacher_recorders)
    ]
    assert [len(recorder._data_buffer) for recorder in recorders] == [1, 1]
    criterion.networks.forget()
    assert [len(recorder._data_buffer) for recorder in recorders] == [0, 0]


@MODELS.register_module(force=True)
class MeanAboveZero(torch.nn.Module):
    """A loss that looks at its values, which vmap refuses."""

    def forward(self, preds_S: torch.Tensor, preds_T: torch.Tensor) -> torch.Tensor:
        mean = (preds_S * preds_T).mean()
        return mean if mean > 0 else 0 * mean


def test_a_loss_that_looks_at_values_is_taken_image_by_image(networks, logits, images, labels):
    criterion = DistillerCriterion(distiller_config(dict(loss=dict(type='MeanAboveZero'))))
    criterion.bind(networks)
    torch.testing.assert_close(criterion(images, labels), (logits[0] * logits[1]).mean(1).clamp(min=0))


def test_other_losses_are_taken_of_all_images_at_once(networks, images, labels, monkeypatch):
    criterion = DistillerCriterion(distiller_config(dict(loss=dict(type='KLDivergence'))))
    criterion.bind(networks)
    calls, original = [], criterion.distiller.compute_distill_losses
    monkeypatch.setattr(criterion.distiller, 'compute_distill_losses', lambda: calls.append(1) or original())
    assert criterion(images, labels).shape == (5,) and len(calls) == 1
