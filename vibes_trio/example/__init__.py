"""The example app that `vibes-trio example` writes out."""
