"""Tests of `channels/aliyun`."""
