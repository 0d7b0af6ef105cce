//! What this machine takes for a packet when nothing is forwarded: the floor beside which figures stand.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Instant;

use hubbub_sfu::srtp::{Outbound, Profile};
use quinn_udp::{Transmit, UdpSockRef, UdpSocketState};

use crate::control::Problem;

const PACKETS: u32 = 100_000;
const SEGMENTS: usize = 10;
const SIZES: [usize; 2] = [128, 1_200];
/// Header that SRTP wants to see: version 2, dynamic payload type.
const HEADER: [u8; 12] = [0x80, 96, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];

/// Print a line for each: its name and microseconds by packet.
pub fn print() -> Result<(), Problem> {
    for size in SIZES {
        println!("sendto, {size} bytes {:.3}", sendto(size)?);
        println!(
            "segmentation offload by {SEGMENTS}, {size} bytes {:.3}",
            offload(size)?
        );
        println!("AES-256-GCM seal, {size} bytes {:.3}", seal(size)?);
    }
    Ok(())
}

fn sockets() -> io::Result<(UdpSocket, UdpSocket, SocketAddr)> {
    let sender = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    let receiver = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    let target = receiver.local_addr()?;
    Ok((sender, receiver, target))
}

fn sendto(size: usize) -> io::Result<f64> {
    let (sender, _receiver, target) = sockets()?;
    let payload = vec![0; size];
    let begin = Instant::now();
    for _ in 0..PACKETS {
        sender.send_to(&payload, target)?;
    }
    Ok(microseconds(begin, PACKETS))
}

fn offload(size: usize) -> io::Result<f64> {
    let (sender, _receiver, target) = sockets()?;
    let state = UdpSocketState::new(UdpSockRef::from(&sender))?;
    let payload = vec![0; size.saturating_mul(SEGMENTS)];
    let transmit = Transmit {
        destination: target,
        ecn: None,
        contents: &payload,
        segment_size: Some(size),
        src_ip: None,
    };
    let rounds = PACKETS / 10;
    let begin = Instant::now();
    for _ in 0..rounds {
        state.try_send(UdpSockRef::from(&sender), &transmit)?;
    }
    Ok(microseconds(begin, rounds.saturating_mul(10)))
}

fn seal(size: usize) -> Result<f64, Problem> {
    let outbound = Outbound::new(Profile::AeadAes256Gcm, &[7; 32], &[9; 12])?;
    let mut buffer = vec![0; size.saturating_add(64)];
    if let Some(front) = buffer.first_chunk_mut::<12>() {
        *front = HEADER;
    }
    let begin = Instant::now();
    for _ in 0..PACKETS {
        if let Some(front) = buffer.first_chunk_mut::<12>() {
            *front = HEADER;
        }
        outbound.seal_rtp(0, &mut buffer, size)?;
    }
    Ok(microseconds(begin, PACKETS))
}

fn microseconds(begin: Instant, packets: u32) -> f64 {
    begin.elapsed().as_secs_f64() * 1e6 / f64::from(packets)
}
