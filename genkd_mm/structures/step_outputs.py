"""What a train step hands to the hooks."""

from .trajectory import Trajectory


class StepOutputs(dict):
    """The losses of a train step by name, which are logged, and the window of the chain that it ran.

    Args:
        losses (dict[str, Tensor]): The losses.
        trajectory (Trajectory, optional): The recorded window, if the step ran a chain and was asked to record one.
    """

    def __init__(self, losses: dict, trajectory: Trajectory | None = None) -> None:
        super().__init__(losses)
        self.trajectory = trajectory
