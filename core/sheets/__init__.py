"""Lists of recipients as files: what a person sees in one, or where it can't be told.

Nothing in a file is run or calculated, and a file that would unpack to far more
than it weighs is refused before anything reads it.
"""
