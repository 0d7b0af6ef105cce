//! Views of RTP, RTCP and codec headers, and rewriting them in place.
#![forbid(unsafe_code)]
