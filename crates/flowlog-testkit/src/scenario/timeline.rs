//! From connections to tuples: what each NIC logs of a connection, and when.

use super::event::{Counters, Encryption, Event, HostId, State};
use super::rules::{Rule, RuleTable};
use super::settings::{Capture, Format, Scenario};
use super::world::World;
use crate::rng::Rng;

pub(crate) const HOUR_MS: i64 = 3_600_000;
/// A connection that lasts is logged so often.
const CONTINUE_MS: i64 = 300_000;

/// How a connection goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Begin, continuations every five minutes, end.
    Ends,
    /// Begin, and nothing more is heard.
    BegunOnly,
    /// Begun and ended twice in the same millisecond.
    Twice,
    /// Denied on the way out; so many packets were tried.
    DeniedAtSource(u8),
    /// Denied on the way in; the source's NIC saw so many packets leave.
    DeniedAtDestination(u8),
}

/// A connection as it happens in the network, whoever logs it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Connection {
    pub(crate) start_ms: i64,
    pub(crate) duration_ms: i64,
    pub(crate) source: HostId,
    pub(crate) destination: HostId,
    pub(crate) source_port: u16,
    pub(crate) destination_port: u16,
    pub(crate) protocol: u8,
    /// Over the whole life.
    pub(crate) counters: Counters,
    pub(crate) encryption: Encryption,
    pub(crate) fate: Fate,
    /// The rule at the source's NIC.
    pub(crate) rule_out: Rule,
    /// The rule at the destination's NIC.
    pub(crate) rule_in: Rule,
    /// The NIC of an appliance that passes it on under its own address, and logs both halves.
    pub(crate) through: Option<u32>,
}

impl Connection {
    /// Between two hosts, not encrypted, let through by the default rules, with everything else empty.
    pub(crate) fn between(start_ms: i64, source: HostId, destination: HostId) -> Self {
        Self {
            start_ms,
            duration_ms: 0,
            source,
            destination,
            source_port: 0,
            destination_port: 0,
            protocol: 0,
            counters: Counters::default(),
            encryption: Encryption::NotEncrypted,
            fate: Fate::Ends,
            rule_out: Rule::AllowVnetOut,
            rule_in: Rule::AllowVnetIn,
            through: None,
        }
    }
}

/// The tuples of the hours to come, by NIC.
#[derive(Debug)]
pub(crate) struct Timeline {
    start_ms: i64,
    capture: Capture,
    stateless: bool,
    /// `[hour][nic]`
    hours: Vec<Vec<Vec<Event>>>,
    /// Tuples put down so far.
    pub(crate) scheduled: u64,
    /// Connections put down so far, by whose numbers both ends' tuples are known to belong together.
    connections: u64,
}

impl Timeline {
    pub(crate) fn new(scenario: &Scenario, start_ms: i64, nics: usize) -> Self {
        let hours = (0..scenario.hours).map(|_| vec![Vec::new(); nics]).collect();
        let stateless = scenario.nsg_v2_stateless;
        Self { start_ms, capture: scenario.capture, stateless, hours, scheduled: 0, connections: 0 }
    }

    /// Takes one NIC's tuples of one hour.
    pub(crate) fn take(&mut self, hour: u32, nic: usize) -> Vec<Event> {
        std::mem::take(&mut self.hours[hour as usize][nic])
    }

    /// Puts down what the monitored ends log of `connection`.
    pub(crate) fn log(&mut self, world: &World, connection: &Connection, rng: &mut Rng) {
        // One number for each of two lives.
        self.connections += 2;
        let source_nic = world.nic(connection.source);
        let destination_nic = world.nic(connection.destination);
        let both = match self.capture {
            Capture::BothEnds => true,
            Capture::SourceOnly => false,
            Capture::HalfBoth => rng.chance(0.5),
        };
        if let Some(nic) = source_nic {
            self.log_at(world, connection, nic as usize, true, rng);
        }
        if let Some(nic) = connection.through {
            self.log_at(world, connection, nic as usize, false, rng);
            // Translated it is another connection.
            let appliance = world.nics[nic as usize].ipv4;
            let source_port = 1024 + (connection.source_port ^ (connection.source & 0xffff) as u16) % 60_000;
            self.connections += 2;
            let translated = Connection { source: appliance, source_port, through: None, ..*connection };
            self.log_at(world, &translated, nic as usize, true, rng);
            return;
        }
        // A denial is the business of the end that denies, whatever is captured of connections.
        let denied_there = matches!(connection.fate, Fate::DeniedAtDestination(_));
        if let Some(nic) = destination_nic.filter(|_| both || denied_there || source_nic.is_none()) {
            self.log_at(world, connection, nic as usize, false, rng);
        }
    }

    fn log_at(&mut self, world: &World, connection: &Connection, nic: usize, outbound: bool, rng: &mut Rng) {
        let rule = if outbound { connection.rule_out } else { connection.rule_in };
        // The other end sees a packet a little later.
        let start_ms = connection.start_ms + if outbound { 0 } else { rng.below(4) as i64 };
        let event = Event {
            connection: self.connections,
            time_ms: start_ms,
            counters: Counters::default(),
            source: connection.source,
            destination: connection.destination,
            source_port: connection.source_port,
            destination_port: connection.destination_port,
            rule: RuleTable::id(world.nics[nic].nsg, rule),
            protocol: connection.protocol,
            outbound,
            state: State::Begin,
            encryption: connection.encryption,
        };
        let nsg = world.nics[nic].format == Format::NsgV2;
        let stateless = nsg && self.stateless && !outbound && connection.protocol == 6 && rule.is_user();
        let mut log = NicLog { timeline: self, format: world.nics[nic].format, nic, stateless };
        match (connection.fate, outbound) {
            (Fate::Ends, _) => log.life(event, connection.duration_ms, connection.counters, rng),
            (Fate::BegunOnly, _) => log.push(event),
            (Fate::Twice, _) => {
                log.life(event, 0, connection.counters, rng);
                let second = Event { connection: event.connection + 1, ..event };
                log.life(second, 0, connection.counters, rng);
            }
            (Fate::DeniedAtSource(packets), true) | (Fate::DeniedAtDestination(packets), false) => {
                log.denials(event, packets);
            }
            (Fate::DeniedAtDestination(packets), true) => {
                let packets = u64::from(packets);
                let counters =
                    Counters { packets_sent: packets, bytes_sent: packets * 66, ..Counters::default() };
                log.life(event, 20_000, counters, rng);
            }
            (Fate::DeniedAtSource(_), false) => {}
        }
    }

    fn put(&mut self, nic: usize, event: Event) {
        // Tuples up to about a minute before the first hour stand in its first record.
        let since_start = event.time_ms - self.start_ms;
        if since_start < -60_000 {
            return;
        }
        if let Some(hour) = self.hours.get_mut((since_start.max(0) / HOUR_MS) as usize) {
            hour[nic].push(event);
            self.scheduled += 1;
        }
    }
}

/// One NIC's log while a connection is written into it.
struct NicLog<'a> {
    timeline: &'a mut Timeline,
    format: Format,
    nic: usize,
    /// Of a flow of TCP let in by a user's rule, an NSG flow log tells the begin alone.
    stateless: bool,
}

impl NicLog<'_> {
    /// Writes what the format can say of `event`.
    fn push(&mut self, mut event: Event) {
        if self.format != Format::VNet {
            let unknown_to_nsg = !RuleTable::is_nsg(event.rule) || !matches!(event.protocol, 6 | 17);
            let no_life_cycle = (self.format == Format::NsgV1 || self.stateless)
                && matches!(event.state, State::Continue | State::End);
            if unknown_to_nsg || no_life_cycle {
                return;
            }
            event.time_ms = event.time_ms.div_euclid(1000) * 1000;
        }
        self.timeline.put(self.nic, event);
    }

    /// SYN retries: a denied packet is logged each time it is tried, after 1, 3, 7, ... seconds.
    fn denials(&mut self, event: Event, packets: u8) {
        for number in 0..packets.min(6) {
            let later = ((1_i64 << number) - 1) * 1000;
            self.push(Event { time_ms: event.time_ms + later, state: State::Deny, ..event });
        }
    }

    /// Begin, continuations and end; the counters of all of them sum up to `total` and the packets that keep the connection alive.
    fn life(&mut self, begin: Event, duration_ms: i64, total: Counters, rng: &mut Rng) {
        self.push(begin);
        let end_ms = begin.time_ms + duration_ms;
        let mut rest = total;
        let mut next_ms = begin.time_ms + CONTINUE_MS;
        let mut left = (duration_ms - 1).max(0) / CONTINUE_MS + 1;
        while next_ms < end_ms {
            let counters = share(&mut rest, left, rng);
            self.push(Event { time_ms: next_ms, state: State::Continue, counters, ..begin });
            next_ms += CONTINUE_MS;
            left -= 1;
        }
        self.push(Event { time_ms: end_ms, state: State::End, counters: rest, ..begin });
    }
}

/// Takes about one `parts`-th out of `rest`. What lives is kept alive: at least one packet each way that answers.
fn share(rest: &mut Counters, parts: i64, rng: &mut Rng) -> Counters {
    // Between a half and one and a half of an even share, in 1/64.
    let part = 32 + rng.below(64);
    let whole = 64 * parts.unsigned_abs().max(1);
    let take = |packets: &mut u64, bytes: &mut u64| {
        if *packets == 0 {
            return (0, 0);
        }
        let taken = (*packets * part / whole).min(*packets - 1);
        let size = *bytes / *packets * taken;
        *packets -= taken;
        *bytes -= size;
        (taken + 1, size + 54)
    };
    let (packets_sent, bytes_sent) = take(&mut rest.packets_sent, &mut rest.bytes_sent);
    let (packets_received, bytes_received) = take(&mut rest.packets_received, &mut rest.bytes_received);
    Counters { packets_sent, bytes_sent, packets_received, bytes_received }
}
