"""A classifier of this process as a teacher that only answers."""

from functools import partial

from mmengine.device import get_device
from mmrazor.registry import MODELS
from torch import Tensor

from ...utils import without_tf32
from ..weights import load_weights
from .black_box import BlackBoxTeacher


@MODELS.register_module()
class ClassifierTeacher(BlackBoxTeacher):
    """An mmpretrain classifier whose gradient nobody sees, to study black boxes without a server.

    Its network is no submodule: its weights are in no checkpoint of the run, and recorders cannot look inside.

    Args:
        classifier (dict): Config of the classifier.
        ckpt_path (str): Its checkpoint.
        answers (str): ``logits``, ``probabilities`` or ``labels``. Defaults to ``probabilities``.
        **kwargs: As for :class:`BlackBoxTeacher`.

    Raises:
        ConfigError: If the checkpoint does not fit the classifier, the classes or the normalisation.
    """

    def __init__(self, classifier: dict, ckpt_path: str, answers: str = 'probabilities', **kwargs) -> None:
        super().__init__(answers=answers, **kwargs)
        network = MODELS.build(classifier)
        load_weights(
            network,
            ckpt_path,
            'ClassifierTeacher.ckpt_path',
            num_classes=self.num_classes,
            mean=self.mean,
            std=self.std,
        )
        self._path = ckpt_path
        self._classify = partial(network.eval().to(get_device()), mode='tensor')

    @property
    def name(self) -> str:
        """See the base class."""
        return f'The teacher {self._path}'

    def ask(self, pixels: Tensor) -> Tensor:
        """See the base class."""
        images = (pixels - pixels.new_tensor(self.mean)[:, None, None]) / pixels.new_tensor(self.std)[:, None, None]
        with without_tf32():
            logits = self._classify(images.to(get_device())).cpu()
        return dict(logits=logits, probabilities=logits.softmax(1), labels=logits.argmax(1))[self.answers]
