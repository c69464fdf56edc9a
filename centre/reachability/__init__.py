"""Whether a channel reaches somebody: what providers said, what people allow."""
