"""What all pages share: the frame, forms, tables, texts, sessions."""
