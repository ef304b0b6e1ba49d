"""Teachers that answer and have no gradient."""

from .black_box import BlackBoxTeacher, black_boxes
from .callable_teacher import CallableTeacher
from .classifier_teacher import ClassifierTeacher
from .http_teacher import HTTPTeacher
from .onnx_teacher import ONNXClassifier, ONNXTeacher
from .zeroth_order_teacher import ZerothOrderTeacher, zeroth_order_gradient

__all__ = [
    'BlackBoxTeacher',
    'CallableTeacher',
    'ClassifierTeacher',
    'HTTPTeacher',
    'ONNXClassifier',
    'ONNXTeacher',
    'ZerothOrderTeacher',
    'black_boxes',
    'zeroth_order_gradient',
]
