"""Autoencoders, in whose latent space a prior may live."""

from .diffusers_autoencoder import DiffusersAutoencoder

__all__ = ['DiffusersAutoencoder']
