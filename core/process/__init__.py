"""What every process does alike: its logs, why it does not start."""
