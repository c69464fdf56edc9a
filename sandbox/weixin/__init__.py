"""WeChat's and WeCom's double."""
