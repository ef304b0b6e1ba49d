"""Loops."""

from .resumable_train_loop import ResumableTrainLoop, resumable_loader

__all__ = ['ResumableTrainLoop', 'resumable_loader']
