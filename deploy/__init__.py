"""How the centre's processes are prepared, started and watched."""
