"""What a rule refuses."""


class Refused(ValueError):
    """A write that a rule refuses; the message is French and says what to do."""
