"""The HTTP doors: from an event to a request, from an answer to a response."""
