"""Optimizer wrapper constructors."""

from .optim_wrapper_constructor import GenKDOptimWrapperConstructor

__all__ = ['GenKDOptimWrapperConstructor']
