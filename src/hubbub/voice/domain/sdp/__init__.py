"""Session descriptions (SDP) as WebRTC endpoints exchange them with an ICE-lite server, and their negotiation."""
