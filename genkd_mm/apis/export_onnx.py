"""The student as an ONNX graph."""

import io
import json
import warnings
from pathlib import Path

import torch
from torch import Tensor, nn

from ..models.student import Student, random_pixels
from ..utils import ConfigError, atomic_write, one_line, require_packages

GRAPH = 'student.onnx'
OPSET = 17
TOLERANCE = 1e-4


class PixelClassifier(nn.Module):
    """Pixels (N, C, H, W), float32, 0..255, RGB or grey -> logits (N, classes): the normalisation is inside."""

    def __init__(self, student: Student) -> None:
        super().__init__()
        self.network = student.network
        self.student = student

    def forward(self, images: Tensor) -> Tensor:
        """See the class."""
        return self.network(self.student.normalised(images), mode='tensor')


def require_onnx() -> None:
    """Raises ConfigError if a package that the export needs is not installed."""
    require_packages(['onnx', 'onnxruntime'], '--onnx')


def write_onnx(student: Student, out: Path) -> float:
    """Write ``student.onnx``, after ONNX Runtime has agreed with torch.

    Returns:
        float: The largest absolute difference of two logits, over batches of one and of eight images.
    """
    model = PixelClassifier(student).eval()
    content = graph(model)
    difference = max(compare(content, model, random_pixels(student.image_shape, number)) for number in (1, 8))
    if not difference < TOLERANCE:
        raise ConfigError(
            f"ONNX Runtime's logits differ from torch's by up to {difference:.3g}; expected less than "
            f'{TOLERANCE}: this network has an operator that the ONNX export does not render'
        )
    out.mkdir(parents=True, exist_ok=True)
    with atomic_write(out / GRAPH) as file:
        file.write(content)
    return difference


def graph(model: PixelClassifier) -> bytes:
    """The serialised graph, with the classes' names, if known, and the order of the channels in its metadata.

    The TorchScript exporter is taken because it needs ``onnx`` alone, and knows how batch norms fold.
    """
    import onnx

    buffer, student = io.BytesIO(), model.student
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter('ignore')  # that there is another exporter, and what tracing makes of Python's numbers
        try:
            torch.onnx.export(
                model,
                (random_pixels(student.image_shape, 2),),
                buffer,
                dynamo=False,
                opset_version=OPSET,
                input_names=['images'],
                output_names=['logits'],
                dynamic_axes=dict(images={0: 'batch'}, logits={0: 'batch'}),
            )
        except (RuntimeError, torch.onnx.errors.OnnxExporterError) as error:
            raise ConfigError(
                f'torch cannot export the student to ONNX ({one_line(error, 300)}); export it without --onnx'
            ) from error
    proto = onnx.load_from_string(buffer.getvalue())
    onnx.helper.set_model_props(
        proto,
        dict(
            channels='grey' if student.image_shape[0] == 1 else 'RGB',
            range='0..255',
            classes=json.dumps(student.classes),
        ),
    )
    onnx.checker.check_model(proto)
    return proto.SerializeToString()


def compare(content: bytes, model: nn.Module, pixels: Tensor) -> float:
    """The largest absolute difference of ONNX Runtime's logits and torch's."""
    import onnxruntime

    session = onnxruntime.InferenceSession(content, providers=['CPUExecutionProvider'])
    (found,) = session.run(None, dict(images=pixels.numpy()))
    with torch.no_grad():
        return (torch.from_numpy(found) - model(pixels)).abs().max().item()
