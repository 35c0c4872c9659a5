"""Who follows what, and the letters that tell them: at most one a week, each event once; and what waits for somebody.

Owns subscribers, what they follow, the outbox and what was told. Knows no other room: news, lists that may be followed
and what waits come from the kernel, where rooms declare them. Refuses to write to an address that did not confirm.
"""
