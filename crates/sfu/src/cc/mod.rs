//! Congestion control for what one subscriber is sent, and feedback for what one publisher sends.
//!
//! ```text
//! send:     Controller ── History (what left) ── Estimator ── Delay, Aimd, Loss, Throughput, Transit, ProbeResults
//!                      └─ Prober (when to ask the path for more)
//!           Pacer (what may leave now)          Allocator (which layers fit the estimate)
//! receive:  Arrivals (what came, reported to the sender)
//! ```
//!
//! Calling contract for the send side: every packet that carries a transport-wide sequence number takes it from
//! [`Controller::sent`] at the moment it leaves; each feedback packet goes to [`Controller::report`]; then
//! [`Controller::poll`] yields what to do: new rates for the [`Pacer`] and the [`Allocator`], clusters for the pacer's
//! probing. The caller owns time: `now` never goes backwards, and polling is due at [`Controller::deadline`].
//!
//! Sources: draft-ietf-rmcat-gcc-02; Carlucci, De Cicco, Holmer and Mascolo, "Analysis and Design of the Google
//! Congestion Control for Web Real-time Communication", ACM `MMSys` 2016; draft-holmer-rmcat-transport-wide-cc-extensions-01.
//! Where the deployed behaviour of browsers differs from these papers (a trend line instead of the Kalman filter,
//! probing, loss as a model to fit), the module that follows it says so.

mod aimd;
mod allocator;
mod alr;
mod arrivals;
mod bitrate;
mod cluster;
mod controller;
mod delay;
mod estimate;
mod feedback;
mod groups;
mod loss;
mod pacer;
mod prober;
mod probing;
mod standing;
mod throughput;
mod transit;

pub use aimd::Aimd;
pub use allocator::{Allocation, Allocator, Choice, Layer, Settings as AllocatorSettings, Track, TrackId};
pub use alr::Limited;
pub use arrivals::{Arrivals, Feedback, Settings as ArrivalsSettings};
pub use bitrate::Bitrate;
pub use cluster::{Cluster, ClusterId};
pub use controller::{Action, Controller};
pub use delay::{Trend, Usage};
pub use estimate::{Estimate, Estimator, Settings as EstimatorSettings};
pub use feedback::{History, Label, Outcome, PacketResult, RemoteTime};
pub use groups::{Groups, Variation};
pub use loss::Loss;
pub use pacer::{Class, Pacer, Rejected, Released, Settings as PacerSettings};
pub use prober::Prober;
pub use probing::{Evidence, Measured, ProbeResults};
pub use throughput::Throughput;
