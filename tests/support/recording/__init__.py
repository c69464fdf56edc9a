"""Programs that record histories and screenshots."""
