"""The console's pages, one file each; console/navigation.py lists them."""
