//! Clients that come by TCP, on loopback.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

mod double;

use std::io::{Read, Write};
use std::net::TcpStream;

use double::{PATIENCE, ask, loopback, open, start, wait_for};
use hubbub_edge::Settings;

fn connect(server: std::net::SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(server).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

fn framed(datagram: &[u8]) -> Vec<u8> {
    let mut frame = u16::try_from(datagram.len()).unwrap().to_be_bytes().to_vec();
    frame.extend_from_slice(datagram);
    frame
}

fn read_frame(stream: &mut TcpStream) -> Vec<u8> {
    let mut len = [0; 2];
    stream.read_exact(&mut len).unwrap();
    let mut frame = vec![0; usize::from(u16::from_be_bytes(len))];
    stream.read_exact(&mut frame).unwrap();
    frame
}

/// Whether the server ended the connection.
fn ends(stream: &mut TcpStream) -> bool {
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).map_or(true, |_| rest.is_empty())
}

#[test]
fn frames_are_put_together_and_answered() {
    let edge = start(&loopback());
    let mut stream = connect(open(&edge, 1, "tcp"));
    let bytes = [framed(&[ask::ECHO, 1]), framed(&[ask::ECHO, 2, 3]), framed(&[])].concat();
    for byte in bytes {
        stream.write_all(&[byte]).unwrap();
    }
    assert_eq!(read_frame(&mut stream), [ask::ECHO, 1]);
    assert_eq!(read_frame(&mut stream), [ask::ECHO, 2, 3]);
    stream.write_all(&framed(&[ask::BURST, 0, 50, 4, 0])).unwrap();
    for number in 0..50_u8 {
        let frame = read_frame(&mut stream);
        assert_eq!((frame.len(), frame[1]), (1_024, number));
    }
    assert_eq!(read_frame(&mut stream), [255]);
    let counters = edge.counters().shards[0];
    assert_eq!((counters.connections, counters.connections_open), (1, 1));
    drop(stream);
    wait_for("the end", || {
        (edge.counters().shards[0].connections_open == 0).then_some(())
    });
}

#[test]
fn strangers_who_do_not_begin_with_a_check_are_cut_off() {
    let edge = start(&loopback());
    let server = open(&edge, 1, "tcp");
    let mut talker = connect(server);
    talker.write_all(&framed(&[0x80, 1, 2])).unwrap();
    assert!(ends(&mut talker));
    let mut liar = connect(server);
    liar.write_all(&[0xff, 0xff, 0]).unwrap();
    assert!(ends(&mut liar));
    // One who was answered may say anything.
    let mut peer = connect(server);
    peer.write_all(&[framed(&[ask::ECHO]), framed(&[0x80]), framed(&[ask::ECHO, 5])].concat())
        .unwrap();
    assert_eq!(read_frame(&mut peer), [ask::ECHO]);
    assert_eq!(read_frame(&mut peer), [ask::ECHO, 5]);
    wait_for("the counters", || {
        (edge.counters().shards[0].connections_cut == 2).then_some(())
    });
}

#[test]
fn one_who_reads_nothing_is_sent_no_more_than_the_bound() {
    let edge = start(&loopback());
    let mut stream = connect(open(&edge, 1, "tcp"));
    for _ in 0..20 {
        stream.write_all(&framed(&[ask::BURST, 3, 232, 4, 0])).unwrap();
    }
    wait_for("drops", || {
        (edge.counters().shards[0].dropped_backlog > 0).then_some(())
    });
    // The thread lives, and so do whole frames on the stream.
    assert_eq!(read_frame(&mut stream).len(), 1_024);
    assert_eq!(read_frame(&mut stream).len(), 1_024);
}

#[test]
fn newcomers_replace_strangers_when_there_are_too_many() {
    let edge = start(&loopback());
    let server = open(&edge, 1, "tcp");
    let mut peer = connect(server);
    peer.write_all(&framed(&[ask::ECHO])).unwrap();
    read_frame(&mut peer);
    let strangers: Vec<TcpStream> = (0..520).map(|_| connect(server)).collect();
    wait_for("the first strangers to be cut", || {
        let counters = edge.counters().shards[0];
        (counters.connections == 521 && counters.connections_cut == 9).then_some(())
    });
    peer.write_all(&framed(&[ask::ECHO, 1])).unwrap();
    assert_eq!(read_frame(&mut peer), [ask::ECHO, 1]);
    drop(strangers);
}

#[test]
fn without_tcp_there_is_no_candidate_and_no_listener() {
    let settings = Settings {
        tcp: false,
        ..loopback()
    };
    let edge = start(&settings);
    let server = open(&edge, 1, "udp");
    assert!(TcpStream::connect(server).is_err());
}
