//! One tuple as text, in each of the formats.

use super::event::{Event, State};
use super::settings::Format;
use super::world::World;

/// Appends `event` as the log of a NIC writes it, without quotation marks.
pub(crate) fn write(out: &mut Vec<u8>, world: &World, event: &Event, format: Format) {
    let mut digits = itoa::Buffer::new();
    let mut number = |out: &mut Vec<u8>, n: u64| {
        out.extend_from_slice(digits.format(n).as_bytes());
        out.push(b',');
    };
    let time = event.time_ms.unsigned_abs();
    number(out, if format == Format::VNet { time } else { time / 1000 });
    for host in [event.source, event.destination] {
        world.write_address(out, host);
        out.push(b',');
    }
    number(out, event.source_port.into());
    number(out, event.destination_port.into());
    let direction = if event.outbound { b'O' } else { b'I' };
    match format {
        Format::VNet => {
            number(out, event.protocol.into());
            out.extend_from_slice(&[direction, b',', vnet_state(event.state), b',']);
            out.extend_from_slice(event.encryption.word().as_bytes());
            out.push(b',');
        }
        Format::NsgV1 | Format::NsgV2 => {
            let protocol = if event.protocol == 6 { b'T' } else { b'U' };
            let decision = if event.state == State::Deny { b'D' } else { b'A' };
            out.extend_from_slice(&[protocol, b',', direction, b',', decision]);
            if format == Format::NsgV1 {
                return;
            }
            let no_counters = matches!(event.state, State::Begin | State::Deny);
            // A denied flow is logged as begun.
            let state = if no_counters { b'B' } else { vnet_state(event.state) };
            out.extend_from_slice(&[b',', state, b',']);
            if no_counters {
                out.extend_from_slice(b",,,");
                return;
            }
        }
    }
    let counters = &event.counters;
    number(out, counters.packets_sent);
    number(out, counters.bytes_sent);
    number(out, counters.packets_received);
    number(out, counters.bytes_received);
    out.pop();
}

fn vnet_state(state: State) -> u8 {
    match state {
        State::Begin => b'B',
        State::Continue => b'C',
        State::End => b'E',
        State::Deny => b'D',
    }
}
