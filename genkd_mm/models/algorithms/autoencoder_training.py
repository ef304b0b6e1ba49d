"""Training of an autoencoder, on the side that owns the data."""

import torch
import torch.nn.functional as F
from mmengine.model import BaseModel
from mmpretrain.structures import DataSample
from mmrazor.registry import MODELS
from torch import Tensor

from ...structures.pixels import denormalised, normalised
from ...utils import evaluating
from ..classifiers import count_outputs, load_teacher, normalisation


@MODELS.register_module()
class AutoencoderTraining(BaseModel):
    """Trains an autoencoder whose reconstructions a teacher takes for the images.

    Minimises w_p mean abs(r - x) + w_f mean_l (mean (h_l(r) - h_l(x))^2 / mean h_l(x)^2) + w_l KL(T(x), T(r)), with
    images x in [-1, 1], r = decode(encode(x) + s e), e ~ N(0, I), feature maps h_l of the teacher's backbone (one for
    each of its ``out_indices``), and its class probabilities T. The noise makes the decoder forgive the errors of
    chains.

    Evaluation is the teacher's, on reconstructions without noise: the accuracy that the latents leave of its own.

    Args:
        autoencoder (dict): Config of the autoencoder, ``DiffusersAutoencoder``.
        teacher (dict): Config of an mmpretrain classifier.
        teacher_ckpt (str): Its checkpoint, which must fit.
        image_shape (Sequence[int]): Channels, height and width of the images.
        pixel_weight (float): w_p. Defaults to 1.0.
        feature_weight (float): w_f. Defaults to 1.0.
        logit_weight (float): w_l. Defaults to 1.0.
        latent_noise_std (float): s, on the scale of the latents. Defaults to 0.1.
        data_preprocessor (dict): That which the teacher was trained with.
        init_cfg (dict, optional): Initialisation, as for any mmengine module.

    Raises:
        ConfigError: If the teacher's checkpoint is missing, does not fit, or is of other images.
    """

    def __init__(
        self,
        autoencoder: dict,
        teacher: dict,
        teacher_ckpt: str,
        image_shape: tuple[int, int, int],
        pixel_weight: float = 1.0,
        feature_weight: float = 1.0,
        logit_weight: float = 1.0,
        latent_noise_std: float = 0.1,
        data_preprocessor: dict | None = None,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(data_preprocessor, init_cfg)
        spec = normalisation(data_preprocessor or {})
        self.autoencoder = MODELS.build(autoencoder, default_args=dict(image_shape=tuple(image_shape)))
        self.teacher = MODELS.build(teacher)
        spec.update(image_shape=image_shape, num_classes=count_outputs(self.teacher, image_shape, 'model.teacher'))
        load_teacher(self.teacher, teacher_ckpt, 'model.teacher_ckpt', **spec)
        self.teacher.requires_grad_(False)
        self.pixel_weight, self.feature_weight, self.logit_weight = pixel_weight, feature_weight, logit_weight
        self.latent_noise_std = latent_noise_std

    def forward(
        self, inputs: Tensor, data_samples: list[DataSample] | None = None, mode: str = 'tensor'
    ) -> dict[str, Tensor] | list[DataSample] | Tensor:
        """``loss`` trains; ``predict`` is the teacher's opinion of reconstructions, which ``tensor`` gives.

        Args:
            inputs (Tensor): Images (N, C, H, W) in the teacher's normalised space, as reconstructions are.
            data_samples (list, optional): mmpretrain data samples, for ``predict``.
            mode (str): ``loss``, ``predict`` or ``tensor``. Defaults to ``tensor``.
        """
        mean, std = self.data_preprocessor.mean, self.data_preprocessor.std
        images = denormalised(inputs, mean, std)
        if mode == 'loss':
            return self.loss(images)
        made = normalised(self.autoencoder.decode(self.autoencoder.encode(images)).clamp(-1, 1), mean, std)
        return made if mode == 'tensor' else self.teacher(made, data_samples, mode=mode)

    def loss(self, images: Tensor) -> dict[str, Tensor]:
        """The three losses of images (N, C, H, W) in [-1, 1]."""
        latents = self.autoencoder.encode(images)
        made = self.autoencoder.decode(latents + self.latent_noise_std * torch.randn_like(latents))
        self.autoencoder.measure(latents)
        with torch.no_grad():
            maps, logits = self._opinion(images)
        made_maps, made_logits = self._opinion(made)
        errors = [(found - own).square().mean() / own.square().mean() for found, own in zip(made_maps, maps)]
        divergence = F.kl_div(made_logits.log_softmax(1), logits.log_softmax(1), reduction='batchmean', log_target=True)
        return dict(
            loss_pixels=self.pixel_weight * (made - images).abs().mean(),
            loss_features=self.feature_weight * torch.stack(errors).mean(),
            loss_logits=self.logit_weight * divergence,
        )

    def _opinion(self, images: Tensor) -> tuple[tuple[Tensor, ...], Tensor]:
        """Feature maps and logits of the teacher."""
        teacher = self.teacher
        with evaluating(teacher):
            maps = teacher.backbone(normalised(images, self.data_preprocessor.mean, self.data_preprocessor.std))
            return maps, teacher.head(teacher.neck(maps) if teacher.with_neck else maps)
