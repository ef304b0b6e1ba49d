"""What a process group leaves behind: nothing."""

import pytest

RUN = '''
import sys
import weakref
import torch
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from genkd_mm.engine.runner.launch import process_group

class Run(nn.Module):
    """A wrapped model in a reference cycle, as a Runner and its hooks make one."""
    def __init__(self):
        super().__init__()
        self.model = DistributedDataParallel(nn.Linear(2, 2))
        self.model.owner = [self]
        self.model(torch.ones(1, 2)).sum().backward()

def run(seen):
    this = Run()
    seen.append(weakref.ref(this.model))
    if sys.argv[1] == 'stopped by a signal':
        raise SystemExit(143)

seen = []
try:
    with process_group('none'):
        run(seen)
finally:
    print('left' if seen[0]() else 'gone')
'''


@pytest.mark.parametrize('end, code', [('finished', 0), ('stopped by a signal', 143)])
def test_wrapped_models_are_gone_with_the_group(end, code, run_python):
    """Else gloo's threads outlive it, and abort a process now and then at the interpreter's end."""
    process = run_python('-c', RUN, end)
    assert process.returncode == code and process.stdout.split() == ['gone'], process.stderr
