"""Offline tools; they may import torch."""
