"""A self-hosted server for apps that people make by talking to a model."""

__version__ = "0.1.0"
