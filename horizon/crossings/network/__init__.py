"""The network (réseau): links that structures declare, deals that they concluded, and what the directory knows of both ends."""
