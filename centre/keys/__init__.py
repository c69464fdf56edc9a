"""Keys and database belong together: each key's proof, kept in the database."""
