//! What a tuple says of itself in a row of the details.

use flowlog_core::flow::{Direction, Encryption, FlowTuple, Protocol, State};

use super::super::csv_line::{Line, Piece, in_places};
use super::super::names::protocol_name;

/// Cells that few values have, with the delimiter behind each.
#[derive(Debug)]
pub(super) struct Pieces {
    /// `Protocol,ProtocolName,` by number.
    protocols: [Piece; 256],
    /// `Direction,State,StateName,`
    states: [[Piece; State::ALL.len()]; 2],
    /// `Encryption,`
    pub(super) encryptions: [Piece; Encryption::ALL.len()],
}

impl Pieces {
    pub(super) fn new(delimiter: u8) -> Self {
        let d = char::from(delimiter);
        let piece = |text: String| Piece::new(text.as_bytes());
        let mut numbers = 0..=u8::MAX;
        let protocols = [(); 256].map(|()| {
            let number = numbers.next().unwrap_or_default();
            piece(format!("{number}{d}{}{d}", protocol_name(Protocol(number)).unwrap_or_default()))
        });
        let states = ["Inbound", "Outbound"].map(|direction| {
            let state =
                |state: State| piece(format!("{direction}{d}{}{d}{}{d}", state.letter(), word(state)));
            in_places(State::ALL, |state| state as usize, state)
        });
        let encryption = |encryption: Encryption| piece(format!("{}{d}", encryption.word()));
        let encryptions = in_places(Encryption::ALL, |encryption| encryption as usize, encryption);
        Self { protocols, states, encryptions }
    }

    /// All between the ports and the encryption.
    #[inline]
    pub(super) fn middle(&self, line: &mut Line<'_>, tuple: &FlowTuple) {
        line.piece(&self.protocols[usize::from(tuple.protocol.0)]);
        let [inbound, outbound] = &self.states;
        let states = match tuple.direction {
            Direction::Inbound => inbound,
            Direction::Outbound => outbound,
        };
        line.piece(&states[tuple.state as usize]);
    }
}

fn word(state: State) -> &'static str {
    match state {
        State::Begin => "Begun",
        State::Continue => "Continuing",
        State::End => "Ended",
        State::Deny => "Denied",
        State::Allow => "Allowed",
    }
}

#[inline]
pub(super) fn ends(line: &mut Line<'_>, tuple: &FlowTuple, delimiter: u8) {
    line.address(tuple.source, delimiter);
    line.address(tuple.destination, delimiter);
    line.number(tuple.source_port, delimiter);
    line.number(tuple.destination_port, delimiter);
}

/// Those of a tuple without counters are empty.
#[inline]
pub(super) fn counters(line: &mut Line<'_>, tuple: &FlowTuple, delimiter: u8) {
    match tuple.counters {
        None => line.text(&[delimiter, delimiter, delimiter, b'\n']),
        Some(counters) => {
            line.number(counters.packets_sent, delimiter);
            line.number(counters.bytes_sent, delimiter);
            line.number(counters.packets_received, delimiter);
            line.number(counters.bytes_received, b'\n');
        }
    }
}
