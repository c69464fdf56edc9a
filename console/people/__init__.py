"""Pages of patients: what reaches them, what they want."""
