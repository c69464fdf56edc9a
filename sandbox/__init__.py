"""The provider sandbox: every provider's double, over real HTTP and SMTP."""
