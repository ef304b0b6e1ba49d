"""The stages of the reproduction of CIFAR-10: what they are, what they change in configs, what they do."""
