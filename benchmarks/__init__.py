"""How quick the centre is, each figure beside a floor measured in the same run."""
