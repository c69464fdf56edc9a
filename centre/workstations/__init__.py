"""The centre's own screens: workstations, their pop-ups, the inbox."""
