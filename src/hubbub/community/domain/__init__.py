"""Pure rules of the community: permissions, names, limits. No SQL, HTTP or framework reaches in here."""
