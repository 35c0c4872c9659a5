"""Territory: communes and EPCI with their codes, loaded from the observatory's marts. It refuses to guess a commune."""
