//! Findings that only list what is in the log: right wherever it is there.

use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;

use foldhash::fast::FixedState;

use super::BehaviourTruth;
use crate::scenario::event::{Counters, Encryption, Event, HostId, State};
use crate::scenario::world::World;

/// FTP, Telnet, POP3, IMAP and LDAP.
const CLEAR_PORTS: [u16; 5] = [21, 23, 110, 143, 389];
/// Fewer denied packets to the internet than this are an accident.
const DENIED_OUT: u64 = 10;
/// A handshake alone is no answer.
const HANDSHAKE: u64 = 3;

/// What is listed.
#[derive(Default)]
pub(super) struct Inventory {
    denied_out: HashMap<(HostId, HostId), u64, FixedState>,
    /// Packets that came back, by conversation over a clear port, at the NIC that saw more of them.
    clear: HashMap<(HostId, HostId, u16, bool), u64, FixedState>,
    passed: bool,
    dropped: bool,
}

impl Inventory {
    pub(super) fn tuple(&mut self, event: &Event, counters: &Counters, has_encryption: bool) {
        if event.state == State::Deny && event.outbound {
            *self.denied_out.entry((event.source, event.destination)).or_default() += 1;
        }
        if event.protocol == 6 && CLEAR_PORTS.contains(&event.destination_port) {
            let key = (event.source, event.destination, event.destination_port, event.outbound);
            *self.clear.entry(key).or_default() += counters.packets_received;
        }
        if has_encryption {
            self.passed |=
                matches!(event.encryption, Encryption::Fallback | Encryption::HardwareNotSupported);
            self.dropped |= matches!(
                event.encryption,
                Encryption::SoftwareNotReady | Encryption::NotAccepted | Encryption::NotSupported
            );
        }
    }

    pub(super) fn finish(self, world: &World) -> Vec<BehaviourTruth> {
        let mut packets: HashMap<HostId, u64, FixedState> = HashMap::default();
        for ((source, destination), denied) in self.denied_out {
            if is_internet(world.address(destination)) {
                *packets.entry(source).or_default() += denied;
            }
        }
        let denied = packets.into_iter().filter(|(_, packets)| *packets >= DENIED_OUT);
        let denied: BTreeSet<String> = denied.map(|(source, _)| world.address(source).to_string()).collect();
        let clear = self.clear.into_iter().filter(|(_, received)| *received > HANDSHAKE);
        let clear: BTreeSet<String> = clear.map(|((_, _, port, _), _)| port.to_string()).collect();
        let words = [(self.passed, "passed"), (self.dropped, "dropped")];
        let words =
            words.into_iter().filter(|(seen, _)| *seen).map(|(_, entity)| entity.to_owned()).collect();
        [("denied-outbound", denied), ("cleartext-protocol", clear), ("unencrypted", words)]
            .into_iter()
            .flat_map(|(rule, entities)| {
                let of = move |entity| BehaviourTruth {
                    rule: rule.to_owned(),
                    entity,
                    required: true,
                    times_ms: None,
                };
                entities.into_iter().map(of)
            })
            .collect()
    }
}

/// Neither private nor shared space (RFC 1918, RFC 6598, RFC 4193).
fn is_internet(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => !v4.is_private() && !matches!(v4.octets(), [100, 64..=127, ..]),
        IpAddr::V6(v6) => v6.segments()[0] & 0xfe00 != 0xfc00,
    }
}
