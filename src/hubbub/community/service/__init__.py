"""Use cases of the community: each checks, writes rows and events in one transaction, and answers wire objects."""
