"""What a page of the course shows: figures, demos, exercises, and the study behind its tables."""
