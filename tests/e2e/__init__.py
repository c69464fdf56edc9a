"""Tests of a whole running centre."""
