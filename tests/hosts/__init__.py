"""Tests with the real clients, offline: a script on loopback plays the model."""
