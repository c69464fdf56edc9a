"""Patients and staff: their identities, their opt-outs, what is shown of them."""
