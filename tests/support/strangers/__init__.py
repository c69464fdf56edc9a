"""What strangers may send, and how long reading it takes."""
