"""Words every other package uses; pure, and imports nothing of ours."""
