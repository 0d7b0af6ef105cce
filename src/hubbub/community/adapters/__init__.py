"""The community's tables and statements over the records port."""
