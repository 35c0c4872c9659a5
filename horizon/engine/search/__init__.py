"""Search: in what order? Pure text analysis and ranking; the database only fetches postings."""
