"""The console's pages, as a browser or a script sees them."""
