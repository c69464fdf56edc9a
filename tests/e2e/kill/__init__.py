"""Tests that kill parts of a running centre."""
