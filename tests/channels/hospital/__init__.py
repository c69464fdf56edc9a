"""Tests of `channels/hospital`."""
