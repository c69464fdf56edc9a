"""Workstations: their page, and the WebSocket they listen on."""
