"""When a message may go out: quiet hours, windows, holidays, caps, digests."""
