"""Hooks."""

from .chain_reward_hook import ChainRewardHook
from .checkpoint_hook import GenKDCheckpointHook
from .divergence_guard_hook import DivergenceGuardHook
from .fill_chains_hook import FillChainsHook
from .initial_evaluation_hook import InitialEvaluationHook
from .policy_gradient_hook import PolicyGradientHook
from .sample_grid_hook import SampleGridHook
from .signal_hook import SignalHook
from .summary_hook import SummaryHook
from .teacher_queries_hook import TeacherQueriesHook

__all__ = [
    'ChainRewardHook',
    'DivergenceGuardHook',
    'FillChainsHook',
    'GenKDCheckpointHook',
    'InitialEvaluationHook',
    'PolicyGradientHook',
    'SampleGridHook',
    'SignalHook',
    'SummaryHook',
    'TeacherQueriesHook',
]
