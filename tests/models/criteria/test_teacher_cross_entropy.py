import torch
import torch.nn.functional as F

from genkd_mm.models import FrozenNetworks, TeacherCrossEntropy


def test_equals_the_cross_entropy_of_the_teacher(networks, teacher, images, labels):
    criterion = TeacherCrossEntropy()
    criterion.bind(networks)
    expected = F.cross_entropy(teacher(images, mode='tensor'), labels, reduction='none')
    torch.testing.assert_close(criterion(images, labels), expected)


def test_several_teachers_are_averaged(teacher, student, images, labels):
    student.eval()
    criterion = TeacherCrossEntropy()
    criterion.bind(FrozenNetworks(dict(one=teacher, two=student), student))
    one, two = (
        F.cross_entropy(network(images, mode='tensor'), labels, reduction='none') for network in (teacher, student)
    )
    torch.testing.assert_close(criterion(images, labels), (one + two) / 2)
