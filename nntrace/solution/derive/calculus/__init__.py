"""Derivatives by named rules: Jacobians, the loss, the gradients of layers and parameters."""
