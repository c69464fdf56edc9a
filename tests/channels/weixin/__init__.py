"""Tests of `channels/weixin`."""
