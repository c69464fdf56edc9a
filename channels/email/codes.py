"""What a mail server's enhanced codes say (RFC 3463)."""

# Enhanced mail codes that speak of the recipient's address (RFC 3463): no such
# mailbox, host or syntax, moved, null MX (RFC 7505), disabled.
ADDRESS_CODES = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"})
