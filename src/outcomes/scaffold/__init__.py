"""What a project starts from: a folder laid out, and configuration drafted from a user's files."""
