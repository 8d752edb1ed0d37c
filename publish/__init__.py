"""What makes pages of the course: the site and the slides, each beside its templates."""
