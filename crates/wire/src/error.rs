//! Why bytes could not be read or written.

use core::fmt;

/// Shorthand for this crate's results.
pub type Result<T> = core::result::Result<T, Error>;

/// Why bytes could not be read or written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The input ends before what its own headers promise.
    Truncated,
    /// The version field holds this instead of 2 (RFC 3550 §5.1).
    Version(u8),
    /// The padding bit is set, but the count in the last byte is zero or larger than the packet allows.
    Padding,
    /// A field holds a value its format forbids; the word names the field.
    Invalid(&'static str),
    /// The format allows this, but a bound of ours does not; the word names what there is too much of.
    TooMany(&'static str),
    /// A frame names a dependency template that the current structure does not have, for instance because the
    /// packet that carried the new structure was lost.
    UnknownTemplate,
    /// The output buffer is too small.
    NoRoom,
    /// A value handed to a writer does not fit its field; the word names the field.
    OutOfRange(&'static str),
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated => formatter.write_str("the packet ends before its headers say"),
            Self::Version(version) => write!(formatter, "version {version} instead of 2"),
            Self::Padding => formatter.write_str("the padding count is zero or too large"),
            Self::Invalid(field) => write!(formatter, "forbidden value in {field}"),
            Self::TooMany(what) => write!(formatter, "too many {what}"),
            Self::UnknownTemplate => formatter.write_str("the frame names an unknown dependency template"),
            Self::NoRoom => formatter.write_str("the output buffer is too small"),
            Self::OutOfRange(field) => write!(formatter, "value does not fit {field}"),
        }
    }
}

impl core::error::Error for Error {}
