"""The hospital's own: the inbox, and the workstations' screens."""
