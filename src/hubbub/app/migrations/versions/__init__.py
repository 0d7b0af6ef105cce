"""One script per revision, in order; a released one is never changed."""
