"""What `hubbub bench media` measures with: pictures, servers side by side, and a client that costs little."""
