"""An ONNX file as a teacher."""

from pathlib import Path
from typing import Any

import torch
from mmrazor.registry import MODELS
from torch import Tensor

from ...utils import ConfigError, require_packages
from .black_box import BlackBoxTeacher


class ONNXClassifier:
    """A classifier in an ONNX file, on the CPU: pixels (N, C, H, W), float32, 0..255 -> its first output.

    The normalisation is part of the graph, as in the files of ``tools/export_student.py --onnx``.

    Args:
        path (str): The file.
        key (str): What named the file, for error sentences.

    Raises:
        ConfigError: If ONNX Runtime is not installed, the file is missing or damaged, or has other inputs.
    """

    def __init__(self, path: str, key: str) -> None:
        require_packages(['onnxruntime'], key)
        import onnxruntime
        from onnxruntime.capi import onnxruntime_pybind11_state as errors

        if not Path(path).is_file():
            raise ConfigError(f'{key} is {path!r}, which does not exist; name an ONNX file')
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        try:
            self._session = onnxruntime.InferenceSession(path, options, providers=['CPUExecutionProvider'])
        except (errors.InvalidProtobuf, errors.InvalidGraph, errors.Fail, errors.InvalidArgument) as error:
            raise ConfigError(f'{key} is {path!r}, which ONNX Runtime cannot load ({error})') from error
        inputs = self._session.get_inputs()
        if len(inputs) != 1 or inputs[0].type != 'tensor(float)' or len(inputs[0].shape) != 4:
            found = ', '.join(f'{item.name} {item.type} {item.shape}' for item in inputs)
            raise ConfigError(f'{key} is {path!r}, which takes {found}; expected one float tensor, [N, C, H, W]')
        self._input = inputs[0]
        self.image_shape: tuple[Any, ...] = tuple(self._input.shape[1:])

    def __call__(self, pixels: Tensor) -> Tensor:
        """Shape (N, classes), or (N,)."""
        return torch.from_numpy(self._session.run(None, {self._input.name: pixels.numpy()})[0])


@MODELS.register_module()
class ONNXTeacher(BlackBoxTeacher):
    """A classifier in an ONNX file that takes pixels, 0..255, and answers in its first output.

    Args:
        path (str): The file.
        answers (str): What its first output is. Defaults to ``logits``.
        **kwargs: As for :class:`BlackBoxTeacher`.

    Raises:
        ConfigError: If the file cannot be loaded.
    """

    def __init__(self, path: str, answers: str = 'logits', **kwargs) -> None:
        super().__init__(answers=answers, **kwargs)
        self._path = path
        self._classifier = ONNXClassifier(path, 'ONNXTeacher.path')

    @property
    def name(self) -> str:
        """See the base class."""
        return f'The teacher {self._path}'

    def ask(self, pixels: Tensor) -> Tensor:
        """See the base class."""
        expected = self._classifier.image_shape
        if any(isinstance(size, int) and size != found for size, found in zip(expected, pixels.shape[1:])):
            raise ConfigError(f'{self.name} takes images of shape {expected} but was given {tuple(pixels.shape[1:])}')
        return self._classifier(pixels)
