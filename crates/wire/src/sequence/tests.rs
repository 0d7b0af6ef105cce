#![allow(
    clippy::arithmetic_side_effects,
    reason = "tests compute expectations in the open"
)]

use proptest::prelude::*;

use super::*;

#[test]
fn a_cycle_is_counted_when_the_number_wraps() {
    let mut extender = Extender::<u16>::new();
    let first = extender.extend(65_534);
    assert_eq!(extender.extend(65_535), first + 1);
    assert_eq!(extender.extend(0), first + 2);
    assert_eq!(extender.extend(1), first + 3);
    assert_eq!(extender.highest(), Some(first + 3));
}

#[test]
fn late_numbers_go_below_the_first() {
    let mut extender = Extender::<u16>::new();
    let first = extender.extend(2);
    assert_eq!(extender.extend(65_533), first - 5);
    assert_eq!(extender.highest(), Some(first));
    assert_eq!(extender.extend(3), first + 1);
}

#[test]
fn peeking_leaves_no_trace() {
    let mut extender = Extender::<u32>::new();
    let first = extender.extend(u32::MAX);
    assert_eq!(extender.peek(9), first + 10);
    assert_eq!(extender.highest(), Some(first));
}

/// The pseudocode of RFC 3711 Appendix A, written out.
fn appendix_a(roc: u64, highest: u16, value: u16) -> Option<u64> {
    let (highest, wide) = (i64::from(highest), i64::from(value));
    let cycle = if highest < 32_768 {
        if wide - highest > 32_768 {
            roc.checked_sub(1)?
        } else {
            roc
        }
    } else if highest - 32_768 > wide {
        roc + 1
    } else {
        roc
    };
    Some(cycle * 65_536 + u64::from(value))
}

proptest! {
    #[test]
    fn nearest_agrees_with_rfc_3711(roc in 1_u64..1000, highest: u16, value: u16) {
        prop_assert_eq!(Some(nearest(roc * 65_536 + u64::from(highest), value)), appendix_a(roc, highest, value));
    }

    #[test]
    fn nearest_keeps_the_low_bits_everywhere(reference: u64, short: u16, long: u32) {
        prop_assert_eq!(u16::narrow(nearest(reference, short)), short);
        prop_assert_eq!(u32::narrow(nearest(reference, long)), long);
    }

    #[test]
    fn a_stream_with_small_steps_is_followed(start: u16, steps in prop::collection::vec(-16_000_i64..16_000, 1..200)) {
        let mut extender = Extender::<u16>::new();
        let mut true_number = extender.extend(start);
        for step in steps {
            // Stay within reach of the highest and above the first cycle's start.
            let highest = extender.highest().unwrap();
            let next = true_number.saturating_add_signed(step).clamp(highest.saturating_sub(32_000), highest + 32_000);
            prop_assert_eq!(extender.extend(u16::narrow(next)), next);
            true_number = next;
        }
    }

    #[test]
    fn steps_undo_adding(start: u32, step in -2_147_483_648_i64..2_147_483_648) {
        let end = u32::narrow(u64::from(start).wrapping_add_signed(step));
        prop_assert_eq!(end.steps_since(start), step);
        prop_assert_eq!(end.is_after(start), step > 0);
    }
}
