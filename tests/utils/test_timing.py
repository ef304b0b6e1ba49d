import time

import torch

from genkd_mm.utils import timed

CPU = torch.device('cpu')


def test_seconds_add_up_in_the_message_hub(message_hub):
    start = time.perf_counter()
    for _ in range(2):
        with timed('generation_seconds', CPU):
            time.sleep(0.02)
    assert 0.04 <= message_hub.get_info('generation_seconds') <= time.perf_counter() - start


def test_time_outside_is_not_counted(message_hub):
    with timed('generation_seconds', CPU):
        pass
    time.sleep(0.05)
    with timed('generation_seconds', CPU):
        pass
    assert message_hub.get_info('generation_seconds') < 0.05


def test_names_are_counted_apart_and_resumed(message_hub):
    """A resumed run goes on from what the checkpoint's message hub holds."""
    message_hub.update_info('student_seconds', 100.0)
    with timed('student_seconds', CPU):
        time.sleep(0.01)
    with timed('generation_seconds', CPU):
        pass
    state = message_hub.state_dict()['runtime_info']
    assert 100.01 <= state['student_seconds'] < 101
    assert state['generation_seconds'] < 1
