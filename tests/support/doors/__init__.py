"""Every use case through both doors: the API and the console."""
