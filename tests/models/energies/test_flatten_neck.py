import torch

from genkd_mm.models import FlattenNeck


def test_the_last_map_and_its_squares():
    maps = (torch.zeros(2, 1, 4, 4), torch.arange(24.0).view(2, 3, 2, 2))
    flat = maps[-1].flatten(1)
    torch.testing.assert_close(FlattenNeck()(maps)[0], torch.cat([flat, flat**2], 1))


def test_the_gradient_depends_on_the_features_by_the_squares():
    features = torch.randn(1, 3, 2, 2, requires_grad=True)
    FlattenNeck()((features,))[0].sum().backward()
    torch.testing.assert_close(features.grad, 1 + 2 * features.detach())
