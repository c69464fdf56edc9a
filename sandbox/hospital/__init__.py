"""The double of the hospital's workstation gateway."""
