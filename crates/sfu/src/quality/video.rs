//! An opinion score for pictures.
//!
//! ITU-T P.1203 and G.1070 want codec, resolution and display, which packets that may be sealed end to end do not
//! tell. So this is a score of ours, on the same scale as MOS: it starts from what share of the wanted bitrate comes,
//! and takes off for what is lost and for each moment that pictures stand still. It orders calls well; it is no
//! Recommendation's MOS.

/// Best opinion: as for sound, so that both share thresholds.
const SCORE_MAX: f32 = 4.5;
const SCORE_MIN: f32 = 1.0;

/// What a leg did to its pictures within an interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Video {
    /// Share of packets that neither came nor was mended, 0 to 1.
    pub residual_loss: f32,
    /// Share of the interval that pictures stood still, 0 to 1.
    pub frozen: f32,
    /// Bitrate that came over what the wanted layer has, 0 to 1; 1 when unknown.
    pub bitrate_share: f32,
}

/// The score of `video`, 1 to 4.5.
///
/// Each halving of the bitrate costs 0.6. Loss that stays is seen until the next keyframe, so 5 % of it leave half of
/// what is left. A tenth of the time frozen costs a third.
#[must_use]
pub fn video_score(video: Video) -> f32 {
    let share = video.bitrate_share.clamp(1.0 / 64.0, 1.0);
    let detail = (SCORE_MAX - SCORE_MIN + 0.6 * share.log2()).max(0.0);
    let whole = 1.0 / (1.0 + video.residual_loss.clamp(0.0, 1.0) / 0.05);
    let moving = 1.0 / (1.0 + video.frozen.clamp(0.0, 1.0) / 0.2);
    SCORE_MIN + detail * whole * moving
}

#[cfg(test)]
mod tests {
    use super::*;

    const FINE: Video = Video {
        residual_loss: 0.0,
        frozen: 0.0,
        bitrate_share: 1.0,
    };

    #[test]
    fn scores_are_as_documented() {
        let score = |video| video_score(video);
        assert!((score(FINE) - 4.5).abs() < 1e-5);
        let quarter = Video {
            bitrate_share: 0.25,
            ..FINE
        };
        assert!((score(quarter) - 3.3).abs() < 1e-5);
        let lossy = Video {
            residual_loss: 0.05,
            ..FINE
        };
        assert!((score(lossy) - 2.75).abs() < 1e-5);
        let frozen = Video { frozen: 0.1, ..FINE };
        assert!((score(frozen) - (1.0 + 3.5 / 1.5)).abs() < 1e-4);
    }

    #[test]
    fn worse_never_scores_better() {
        let mut last = [f32::MAX; 3];
        for step in 0..=100_u16 {
            let part = f32::from(step) / 100.0;
            let now = [
                video_score(Video {
                    residual_loss: part,
                    ..FINE
                }),
                video_score(Video { frozen: part, ..FINE }),
                video_score(Video {
                    bitrate_share: 1.0 - part,
                    ..FINE
                }),
            ];
            assert!(now.iter().zip(last).all(|(now, last)| *now <= last));
            assert!(now.iter().all(|score| (1.0..=4.5).contains(score)));
            last = now;
        }
    }
}
