"""Media: uploads of anything, made safe once, kept, and delivered in the size and format that is asked for."""
