"""The double of the carriers' gateways: CMPP and SMPP."""
