"""Why a centre does not start."""
