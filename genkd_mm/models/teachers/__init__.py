"""Teachers that answer and have no gradient."""

from .black_box import BlackBoxTeacher, black_boxes
from .callable_teacher import CallableTeacher
from .http_teacher import HTTPTeacher
from .onnx_teacher import ONNXClassifier, ONNXTeacher

__all__ = ['BlackBoxTeacher', 'CallableTeacher', 'HTTPTeacher', 'ONNXClassifier', 'ONNXTeacher', 'black_boxes']
