"""Runs in processes of their own, and how long they may be."""
