//! What the parts of a transport have to say to one another, and what they want sent.

use std::time::Instant;

use super::{Transport, guarded};
use crate::dtls::{self, Keys};
use crate::ice;
use crate::shard::Transmit;
use crate::transport::channels::{Channels, News};
use crate::transport::{Error, Event};

impl Transport {
    /// Carry what one part has to say to the others, and send what they want sent.
    pub(super) fn settle(&mut self, now: Instant, out: &mut impl Transmit) -> Result<(), Error> {
        self.take_ice_events(now);
        self.start_dtls(now)?;
        self.take_dtls_events(now)?;
        self.take_channel_news();
        self.send_channels(now)?;
        self.send_dtls(out);
        self.tell_path();
        Ok(())
    }

    fn take_ice_events(&mut self, now: Instant) {
        while let Some(event) = self.ice.poll_event() {
            match event {
                ice::Event::Validated(path) => {
                    self.lost_at = None;
                    self.events.push_back(Event::Validated(path));
                }
                ice::Event::Forgotten(path) => self.events.push_back(Event::Forgotten(path)),
                ice::Event::Renewed => self.renew(),
                ice::Event::ConsentLost => {
                    self.lost_at = Some(now);
                    self.events.push_back(Event::ConsentLost);
                }
                // Told once packets flow: see `tell_path`.
                ice::Event::Selected(_) => {}
            }
        }
    }

    pub(super) fn renew(&mut self) {
        if let Some(ufrag) = self.former_ufrag.take() {
            self.events.push_back(Event::Renewed { ufrag });
        }
    }

    /// Open the session once somebody is there to talk to, so that its time does not run before.
    fn start_dtls(&mut self, now: Instant) -> Result<(), Error> {
        let Some(peer) = &self.peer else {
            return Ok(());
        };
        if self.dtls.is_some() || self.path().is_none() {
            return Ok(());
        }
        let opened = self.endpoint.open(now, peer.role, peer.fingerprints.clone());
        let mut dtls = match opened {
            Ok(dtls) => dtls,
            Err(error) => return self.fail(error.into()),
        };
        for datagram in std::mem::take(&mut self.early) {
            guarded(|| dtls.handle_datagram(now, &datagram)).or_else(|error| self.fail(error))?;
        }
        self.dtls = Some(Box::new(dtls));
        Ok(())
    }

    fn take_dtls_events(&mut self, now: Instant) -> Result<(), Error> {
        while let Some(event) = self.dtls.as_mut().and_then(|dtls| dtls.poll_event()) {
            match event {
                dtls::Event::Ready(keys) => self.connect(now, keys),
                dtls::Event::Data(packet) => {
                    self.hear(now);
                    if let Some(channels) = &mut self.channels {
                        channels.handle(now, packet);
                    }
                }
                dtls::Event::Closed => {
                    self.take_channel_news();
                    self.end(now);
                    return Err(Error::Over);
                }
            }
        }
        Ok(())
    }

    fn connect(&mut self, now: Instant, keys: Box<Keys>) {
        let (Some(peer), Some(path)) = (&self.peer, self.path()) else {
            return;
        };
        self.channels = Some(Channels::new(
            peer.role,
            self.labels.clone(),
            self.endpoint.settings().mtu,
            self.settings,
        ));
        self.keys = Some(keys);
        self.told_path = Some(path);
        let since = self.first_check_at.unwrap_or(now);
        self.events.push_back(Event::Connected {
            path,
            handshake: now.saturating_duration_since(since),
        });
    }

    fn take_channel_news(&mut self) {
        while let Some(news) = self.channels.as_mut().and_then(Channels::poll_news) {
            self.events.push_back(match news {
                News::Open { reliable } => Event::ChannelOpen { reliable },
                News::Data { reliable, payload } => Event::Data { reliable, payload },
                News::Lost => Event::ChannelsLost,
            });
        }
    }

    fn send_channels(&mut self, now: Instant) -> Result<(), Error> {
        let (Some(channels), Some(dtls)) = (&mut self.channels, &mut self.dtls) else {
            return Ok(());
        };
        let mut sent = Ok(());
        channels.flush(now, |packet| {
            if sent.is_ok() {
                sent = dtls.send(now, packet);
            }
        });
        sent.or_else(|error| self.fail(error.into()))
    }

    /// Without consent they are dropped: DTLS and SCTP send again.
    pub(super) fn send_dtls(&mut self, out: &mut impl Transmit) {
        let path = self.path();
        let Some(dtls) = &mut self.dtls else {
            return;
        };
        while let Some(datagram) = dtls.poll_datagram() {
            if let Some(path) = path {
                out.send(path, &datagram);
            }
        }
    }

    fn tell_path(&mut self) {
        let Some(path) = self.path().filter(|_| self.keys.is_some()) else {
            return;
        };
        if self.told_path != Some(path) {
            self.told_path = Some(path);
            self.events.push_back(Event::PathChanged(path));
        }
    }
}
