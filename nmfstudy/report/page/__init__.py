"""A report as plain data, and its two forms: one HTML file and Markdown."""
