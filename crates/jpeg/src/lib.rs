//! JPEG files made smaller without losing a bit: the entropy coding is replaced by a better one, Lepton's, and put back
//! byte by byte. Files of photographs become a fifth smaller.
//!
//! Both directions read bytes that are not to be trusted: what strangers sent, and what was made of that. They hold a
//! file and its coefficients in memory, within the bounds below, start no thread and open nothing.
//!
//! Source: Horn et al., "The Design, Implementation, and Deployment of a System to Transparently Compress Hundreds of
//! Petabytes of Image Files For a File-Storage Service", NSDI 2017.

mod pixels;

pub use pixels::encode;

use std::io::{self, Cursor, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

use lepton_jpeg::{EnabledFeatures, ExitCode, LeptonError, SingleThreadPool};

/// Pixels along a side: more than any camera makes, and a bound of the memory that coefficients take.
pub const SIDE_MAX: u32 = 16_384;
/// Bytes of a file, in either form.
pub const FILE_BYTES_MAX: usize = 128 << 20;

/// Why a file stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It has more than `FILE_BYTES_MAX` bytes, or would have more than the caller allows.
    #[error("more than {most} bytes")]
    TooLarge {
        /// Bytes that were allowed.
        most: usize,
    },
    /// It is damaged, or of a kind that is not recoded: lossless, arithmetic, of twelve bits or four colours. Or the
    /// pixels given are not as many as their sizes say.
    #[error("{reason}")]
    Refused {
        /// In the words of the codec.
        reason: String,
    },
}

/// Return a smaller form of a JPEG file, which `restore` turns into the same bytes again.
///
/// Whoever keeps it compares what comes back: the codec promises much, and a disk may not keep its promises.
pub fn shrink(jpeg: &[u8]) -> Result<Vec<u8>, Error> {
    if jpeg.len() > FILE_BYTES_MAX {
        return Err(Error::TooLarge { most: FILE_BYTES_MAX });
    }
    if !jpeg.starts_with(&[0xff, 0xd8]) {
        return refused("no JPEG");
    }
    caught(|| {
        let mut made = Cursor::new(Vec::with_capacity(jpeg.len()));
        lepton_jpeg::encode_lepton(
            &mut Cursor::new(jpeg),
            &mut made,
            &features(),
            &SingleThreadPool::default(),
        )?;
        Ok(made.into_inner())
    })
}

/// Return the JPEG file that `shrink` made `small` of, of at most `most` bytes.
pub fn restore(small: &[u8], most: usize) -> Result<Vec<u8>, Error> {
    let most = most.min(FILE_BYTES_MAX);
    if small.len() > FILE_BYTES_MAX {
        return Err(Error::TooLarge { most: FILE_BYTES_MAX });
    }
    let mut made = Bounded {
        bytes: Vec::with_capacity(small.len().min(most)),
        most,
        is_full: false,
    };
    let done = caught(|| {
        lepton_jpeg::decode_lepton(
            &mut Cursor::new(small),
            &mut made,
            &features(),
            &SingleThreadPool::default(),
        )?;
        Ok(())
    });
    if made.is_full {
        return Err(Error::TooLarge { most });
    }
    done.map(|()| made.bytes)
}

fn features() -> EnabledFeatures {
    EnabledFeatures {
        max_jpeg_width: SIDE_MAX,
        max_jpeg_height: SIDE_MAX,
        // One partition: the statistics of the whole picture, which is smallest, for one thread.
        max_partitions: 1,
        max_processor_threads: 1,
        ..EnabledFeatures::compat_lepton_vector_write()
    }
}

/// Return what `work` does, or why not; a panic over a forged file is a refusal like any other.
fn caught<T>(work: impl FnOnce() -> Result<T, LeptonError>) -> Result<T, Error> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(problem)) if problem.exit_code() == ExitCode::OutOfMemory => {
            refused("more memory than there is")
        }
        // The lines after the first say where in the codec.
        Ok(Err(problem)) => refused(problem.to_string().lines().next().unwrap_or_default()),
        Err(_) => refused("the codec gave up"),
    }
}

fn refused<T>(reason: &str) -> Result<T, Error> {
    Err(Error::Refused {
        reason: reason.to_owned(),
    })
}

/// Bytes up to a bound.
struct Bounded {
    bytes: Vec<u8>,
    most: usize,
    is_full: bool,
}

impl Write for Bounded {
    fn write(&mut self, more: &[u8]) -> io::Result<usize> {
        if more.len() > self.most.saturating_sub(self.bytes.len()) {
            self.is_full = true;
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(more);
        Ok(more.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
