"""The native core: what is done per packet, in Rust, behind typed Python."""
