"""Kernel: what every room shares (journal, access rules, doors, page frame). It owns no business rule."""
