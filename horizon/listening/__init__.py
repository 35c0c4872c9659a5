"""Listening (l'écoute): somebody says that something is missing; others say it too; somebody answers.

Owns needs, the voices behind each, their answers. A need is public once it was read by a person; it names nobody, and no
place finer than a commune. Refuses to rank needs by anything but their voices and dates, and to lose a voice: grouping and
splitting needs moves none.
"""
