"""What every package may rely on: ids, time, randomness, errors, configuration and telemetry."""
