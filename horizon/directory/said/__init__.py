"""What people say of an organization, field by field, and how it is laid over what registers say."""
