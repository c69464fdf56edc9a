"""The database: its engine, its sessions, its shape, its errors; no rule of ours."""
