"""The GPUs of this host, read from the driver without torch."""
