"""What stands behind the gateway's ports without another engine."""
