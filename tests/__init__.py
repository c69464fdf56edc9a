"""Tests; helpers shared by several of them are imported from here."""
