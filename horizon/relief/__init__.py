"""Relief (entraide urgente): who needs a hand within hours, and who said they could give one.

It owns urgent calls, the people and structures available, and who was asked and said what. It refuses to list anybody who
is available, to send volunteers to a company, and to keep personal data once a case is over.
"""
