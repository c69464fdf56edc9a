"""Tests of the source and the documents themselves."""
