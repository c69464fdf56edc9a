"""WeChat and WeCom: service account, mini program, medical assistant, staff."""
