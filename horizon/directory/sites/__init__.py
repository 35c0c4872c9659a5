"""Whether declared web addresses still answer: asked once a month, politely and safely; nothing is removed."""
