"""Tests of `channels/tencent`."""
