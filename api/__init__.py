"""The HTTP edge: requests in, problem+json out; what it decides lives below it."""
