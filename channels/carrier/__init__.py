"""The carriers' gateways: CMPP and SMPP."""
