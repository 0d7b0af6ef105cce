"""Protocol faces of the community engine: REST under /api/v10 and stored files under /cdn."""
