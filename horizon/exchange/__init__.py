"""Exchange (échanges): what is offered and asked, who can answer whom, and the deals that follow."""
