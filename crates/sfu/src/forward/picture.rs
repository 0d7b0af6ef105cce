//! Picture numbers in payload descriptors, kept running over omitted frames and switches.

use super::packet::Picture;
use super::window::{Window, low_quarter};

/// Pictures remembered. Below half of the 7-bit numbers' range, so that those can be told early from late.
const PICTURES: usize = 32;

/// Where extension of numbers begins, so that pictures before the first have room below.
const ORIGIN: u64 = 1 << 32;

/// What an omitted frame does to the numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numbering {
    /// Numbers close up. VP8 receivers wait for missing numbers (RFC 7741 section 4.2).
    Close,
    /// Numbers stay, for frames name their references by difference of numbers (VP9, AV1).
    Stay,
}

/// Rewrites [`Picture`]s for one subscriber.
///
/// Limit: the number of a frame that was wholly missing stays open even when it turns out, late, to be one to omit.
#[derive(Clone, Debug)]
pub struct Pictures {
    numbering: Numbering,
    window: Window,
    /// Highest output picture number, extended.
    highest: u64,
    /// Added to TL0PICIDX and to KEYIDX of the present source.
    base_offset: u8,
    key_offset: u8,
    /// Last outputs of the two.
    base: u8,
    key: u8,
    begun: bool,
}

impl Pictures {
    /// Nothing rewritten until a switch.
    #[must_use]
    pub fn new(numbering: Numbering) -> Self {
        Self {
            numbering,
            window: Window::new(PICTURES),
            highest: 0,
            base_offset: 0,
            key_offset: 0,
            base: 0,
            key: 0,
            begun: false,
        }
    }

    /// Join a source at its first picture: each number follows the last one sent. The very first stays as it is.
    pub fn begin(&mut self, picture: Picture) {
        let input = ORIGIN.wrapping_add(u64::from(picture.id));
        if self.begun {
            self.highest = self.highest.wrapping_add(1);
            self.base_offset = picture
                .base
                .map_or(0, |base| self.base.wrapping_add(1).wrapping_sub(base));
            self.key_offset = picture
                .key
                .map_or(0, |key| self.key.wrapping_add(1).wrapping_sub(key));
        } else {
            self.highest = input;
        }
        self.window.begin(input, self.highest);
        self.begun = true;
    }

    /// The numbers for a packet that is forwarded; `None` when its picture is too old to be known.
    pub fn forward(&mut self, picture: Picture) -> Option<Picture> {
        if !self.begun {
            self.begin(picture);
        }
        let input = self.extend(picture);
        self.window.advance(input);
        let output = self.window.output(input)?;
        let newest = output >= self.highest;
        self.highest = self.highest.max(output);
        let base = picture.base.map(|base| base.wrapping_add(self.base_offset));
        let key = picture.key.map(|key| key.wrapping_add(self.key_offset) & 0x1f);
        if newest {
            self.base = base.unwrap_or(self.base);
            self.key = key.unwrap_or(self.key);
        }
        Some(Picture {
            id: low_quarter(output) & mask(picture.bits),
            bits: picture.bits,
            base,
            key,
        })
    }

    /// Account for a packet of a frame that is left out.
    pub fn omit(&mut self, picture: Picture) {
        if !self.begun || self.numbering == Numbering::Stay {
            return;
        }
        let input = self.extend(picture);
        if input > self.window.highest() {
            self.window.advance(input);
            self.window.omit_highest();
        }
    }

    /// The extended number nearest to the highest seen.
    fn extend(&self, picture: Picture) -> u64 {
        let mask = u64::from(mask(picture.bits));
        let highest = self.window.highest();
        let ahead = u64::from(picture.id).wrapping_sub(highest) & mask;
        if ahead <= mask >> 1 {
            highest.wrapping_add(ahead)
        } else {
            highest.wrapping_sub(mask.wrapping_add(1).wrapping_sub(ahead))
        }
    }
}

fn mask(bits: u8) -> u16 {
    u16::MAX
        .checked_shr(16_u32.saturating_sub(u32::from(bits)))
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(id: u16, base: u8) -> Picture {
        Picture {
            id,
            bits: 15,
            base: Some(base),
            key: Some(3),
        }
    }

    #[test]
    fn numbers_run_on_over_omissions_wraps_and_switches() {
        let mut pictures = Pictures::new(Numbering::Close);
        assert_eq!(pictures.forward(picture(32_766, 255)).unwrap().id, 32_766);
        pictures.omit(picture(32_767, 255));
        pictures.omit(picture(32_767, 255));
        assert_eq!(
            pictures.forward(picture(0, 0)).unwrap(),
            Picture {
                id: 32_767,
                ..picture(0, 0)
            }
        );
        assert_eq!(pictures.forward(picture(2, 0)).unwrap().id, 1);
        assert_eq!(pictures.forward(picture(1, 0)).unwrap().id, 0, "late");
        pictures.begin(picture(900, 77));
        let joined = pictures.forward(picture(900, 77)).unwrap();
        assert_eq!(
            joined,
            Picture {
                id: 2,
                bits: 15,
                base: Some(1),
                key: Some(4)
            }
        );
    }

    #[test]
    fn seven_bits_wrap() {
        let narrow = |id| Picture {
            id,
            bits: 7,
            base: None,
            key: None,
        };
        let mut pictures = Pictures::new(Numbering::Close);
        for id in 120..300_u16 {
            assert_eq!(pictures.forward(narrow(id & 127)).unwrap().id, id & 127);
        }
    }

    #[test]
    fn numbers_stay_where_references_name_them() {
        let mut pictures = Pictures::new(Numbering::Stay);
        pictures.forward(picture(10, 0)).unwrap();
        pictures.omit(picture(11, 0));
        assert_eq!(pictures.forward(picture(12, 0)).unwrap().id, 12);
    }
}
