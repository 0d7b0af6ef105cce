//! Whose a packet is, and of which kind.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use super::{LOCAL, Role, check, credentials, epoch, path};
use crate::ice::{Mux, MuxError, MuxSettings, PacketKind, Path, Protocol, Route};

#[test]
fn the_mux_finds_sessions_by_name_then_by_path() {
    let now = epoch();
    let mut mux = Mux::new(MuxSettings {
        sessions_max: 2,
        paths_max: 2,
        ..MuxSettings::default()
    });
    let (first, second) = (credentials(1), credentials(2));
    mux.add(1, first.ufrag()).unwrap();
    assert_eq!(mux.add(2, first.ufrag()), Err(MuxError::Taken));
    mux.add(2, second.ufrag()).unwrap();
    assert_eq!(mux.add(3, "third"), Err(MuxError::Full));
    let to_first = check(&first, Role::Controlling);
    let to_second = check(&second, Role::Controlling);
    let media = [0x80, 111, 0, 1];
    assert_eq!(mux.route(now, path(1), &media), Route::Unknown);
    assert_eq!(mux.route(now, path(1), &to_first), Route::Session(1));
    mux.learn(1, path(1)).unwrap();
    assert_eq!(mux.route(now, path(1), &media), Route::Session(1));
    assert_eq!(
        mux.route(now, path(1), &to_second),
        Route::Session(2),
        "the port was used again"
    );
    mux.learn(2, path(1)).unwrap();
    assert_eq!(mux.route(now, path(1), &media), Route::Session(2));
    mux.learn(2, path(2)).unwrap();
    assert_eq!(mux.learn(2, path(3)), Err(MuxError::Full));
    assert_eq!(mux.learn(9, path(3)), Err(MuxError::NoSession));
    mux.unlearn(2, path(1));
    assert_eq!(mux.route(now, path(1), &media), Route::Unknown);
    mux.add(1, "restart").unwrap();
    mux.remove_ufrag(first.ufrag());
    assert_eq!(mux.route(now, path(1), &to_first), Route::Unknown);
    mux.remove(2);
    assert_eq!(mux.route(now, path(2), &media), Route::Unknown);
    assert_eq!(mux.len(), 1);
}

#[test]
fn a_flood_from_unknown_addresses_stays_bounded() {
    let start = epoch();
    let mut mux = Mux::new(MuxSettings::default());
    let (flooded, other) = (credentials(1), credentials(2));
    mux.add(1, flooded.ufrag()).unwrap();
    mux.add(2, other.ufrag()).unwrap();
    mux.learn(1, path(1)).unwrap();
    let request = check(&flooded, Role::Controlling);
    let unheard_of = check(&credentials(3), Role::Controlling);
    let mut passed = 0;
    for step in 0..100_000_u32 {
        let now = start + Duration::from_micros(10) * step;
        let [_, a, b, c] = step.to_be_bytes();
        let strange = Path {
            protocol: Protocol::Udp,
            remote: SocketAddr::from((Ipv4Addr::new(10, a, b, c), 1)),
            local: LOCAL,
        };
        passed += u32::from(mux.route(now, strange, &request) == Route::Session(1));
        assert_eq!(mux.route(now, strange, &unheard_of), Route::Unknown);
    }
    // A second passed: the burst, and one check each 20 ms.
    assert!((64..=64 + 50).contains(&passed), "{passed}");
    let end = start + Duration::from_secs(1);
    assert_eq!(
        mux.route(end, path(1), &request),
        Route::Session(1),
        "known paths are not limited"
    );
    assert_eq!(
        mux.route(end, path(9), &check(&other, Role::Controlling)),
        Route::Session(2)
    );
}

#[test]
fn packets_are_told_apart() {
    use PacketKind::{Dtls, Rtp, Stun, Unknown};

    let kinds = [0, 3, 4, 20, 63, 64, 128, 191, 192].map(|first| PacketKind::of(&[first, 0]));
    assert_eq!(
        kinds,
        [Stun, Stun, Unknown, Dtls, Dtls, Unknown, Rtp, Rtp, Unknown]
    );
    assert_eq!(PacketKind::of(&[0x80, 201]), PacketKind::Rtcp);
    assert_eq!(PacketKind::of(&[0x80]), Unknown);
    assert_eq!(PacketKind::of(&[]), Unknown);
}
