import torch

from genkd_mm.structures import RunMetrics


def test_a_resumed_run_goes_on_from_its_metrics(tmp_path):
    one, other = RunMetrics(iterations=7, pseudo_samples=30, accuracy_curve=[[5, 1.5, 20, 90.0]]), RunMetrics()
    with one.student.running(torch.device('cpu')):
        pass
    torch.save(one.state_dict(), tmp_path / 'metrics.pth')
    state = torch.load(tmp_path / 'metrics.pth', weights_only=True)
    assert state['student_seconds'] == one.student.seconds and state['policy_seconds'] is None
    other.load_state_dict(state)
    assert other.state_dict() == state and other.iterations == 7
    with other.student.running(torch.device('cpu')):
        pass
    assert other.student.seconds > one.student.seconds
