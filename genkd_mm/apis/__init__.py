"""What tools and notebooks call: one function for each tool."""

from .ablate import ablate
from .audit import audit
from .benchmark import benchmark
from .compare import compare
from .cost import print_costs
from .evaluate_samples import evaluate_samples
from .export import export
from .new_project import new_project
from .publish import publish
from .quality_plot import quality_plot
from .report import report
from .reproduce import reproduce
from .sample import sample
from .serve import serve_teacher
from .test import test
from .train import train

__all__ = [
    'ablate',
    'audit',
    'benchmark',
    'compare',
    'evaluate_samples',
    'export',
    'new_project',
    'print_costs',
    'publish',
    'quality_plot',
    'report',
    'reproduce',
    'sample',
    'serve_teacher',
    'test',
    'train',
]
