"""What everything else stands on: errors, random streams, threads, kernel cache, number format."""
