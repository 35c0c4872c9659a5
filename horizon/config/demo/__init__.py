"""The demonstration territory: fictitious registers through the whole pipeline, then the site."""
