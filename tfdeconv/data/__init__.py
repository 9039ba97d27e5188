"""Images in: files and arrays as a network sees them."""
