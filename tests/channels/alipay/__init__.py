"""Tests of `channels/alipay`."""
