//! A network on which every packet takes a millisecond.

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

/// The time from one end to the other one, as between two data centres of a region.
const DELAY: Duration = Duration::from_millis(1);

/// The network of all connections.
#[derive(Clone)]
pub(super) struct Wire(mpsc::Sender<Packet>);

struct Packet {
    due: Instant,
    bytes: Bytes,
    to: UnboundedSender<Bytes>,
}

impl Wire {
    /// Starts the thread that delivers packets, in the order in which they were sent, since all of them take the same
    /// time. It is a thread because tokio's timers count in whole milliseconds.
    pub(super) fn start() -> Self {
        let (sender, packets) = mpsc::channel::<Packet>();
        thread::spawn(move || {
            for packet in packets {
                thread::sleep(packet.due.saturating_duration_since(Instant::now()));
                let _ = packet.to.send(packet.bytes);
            }
        });
        Self(sender)
    }

    /// Waits while a packet goes to the other end and another one comes back.
    pub(super) async fn round_trip(&self) {
        let (to, mut arrived) = unbounded_channel();
        for _ in 0..2 {
            self.send(Bytes::new(), &to);
            arrived.recv().await;
        }
    }

    /// Carries what it reads to the other end, until there is no more. The bandwidth has no limit.
    pub(super) async fn carry(
        self,
        mut from: impl AsyncRead + Unpin,
        mut to: impl AsyncWrite + Send + Unpin + 'static,
    ) {
        let (sender, mut arrived) = unbounded_channel::<Bytes>();
        tokio::spawn(async move {
            while let Some(bytes) = arrived.recv().await {
                if to.write_all(&bytes).await.is_err() {
                    return;
                }
            }
            let _ = to.shutdown().await;
        });
        let mut bytes = BytesMut::new();
        while from.read_buf(&mut bytes).await.is_ok_and(|read| read > 0) {
            self.send(bytes.split().freeze(), &sender);
        }
    }

    fn send(&self, bytes: Bytes, to: &UnboundedSender<Bytes>) {
        let _ = self.0.send(Packet { due: Instant::now() + DELAY, bytes, to: to.clone() });
    }
}
