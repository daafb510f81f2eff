//! One NIC-hour as a blob: one record a minute, cut near 32 KiB, one line without a final newline.

use chrono::SecondsFormat;

use super::Blob;
use super::MINUTE_MS;
use super::event::Event;
use super::groups::Groups;
use super::names::utc;
use super::record::Record;
use super::settings::Format;
use super::timeline::HOUR_MS;
use super::world::World;
use crate::rng::mix;
use crate::truth::Collector;

const OPEN: &[u8] = br#"{"records":["#;
const CLOSE: &[u8] = b"]}";
/// Writes blobs into buffers that are used again for the next.
pub(crate) struct BlobWriter<'a> {
    world: &'a World,
    start_ms: i64,
    /// By NIC: tuples that wait for the next record, which stands in the next hour's blob.
    waiting: Vec<Vec<Event>>,
    name: String,
    bytes: Vec<u8>,
    blocks: Vec<usize>,
    groups: Groups,
    pub(crate) bytes_written: u64,
}

impl<'a> BlobWriter<'a> {
    pub(crate) fn new(world: &'a World, start_ms: i64) -> Self {
        Self {
            world,
            start_ms,
            waiting: vec![Vec::new(); world.nics.len()],
            name: String::new(),
            bytes: Vec::new(),
            blocks: Vec::new(),
            groups: Groups::new(world.rules.rules.len()),
            bytes_written: 0,
        }
    }

    /// The blob written last; none if the NIC logged nothing in that hour.
    pub(crate) fn blob(&self) -> Option<Blob<'_>> {
        (!self.blocks.is_empty()).then_some(Blob {
            name: &self.name,
            bytes: &self.bytes,
            blocks: &self.blocks,
        })
    }

    /// Writes the hour's blob of a NIC, `cut` off after so many tuples if given, and counts what it wrote.
    pub(crate) fn write(
        &mut self,
        hour: u32,
        nic: usize,
        events: Vec<Event>,
        mut cut: Option<u64>,
        truth: &mut Collector,
    ) {
        self.bytes.clear();
        self.blocks.clear();
        let mut events = self.with_waiting(nic, events);
        // The order of the truth: by time, and by a connection's life within the same instant.
        events.sort_by_key(|event| (event.time_ms, event.state));
        let hour_ms = self.start_ms + i64::from(hour) * HOUR_MS;
        self.name = self.world.names.blob(&self.world.nics[nic], self.acl(nic), hour_ms);

        let mut broken = false;
        let mut rest = events.as_slice();
        let first_minute = i64::from(hour) * 60;
        let before_data =
            rest.partition_point(|event| event.time_ms <= self.newest_ms(nic, first_minute - 1));
        rest = &rest[before_data..];
        for minute in first_minute..first_minute + 60 {
            let (now, later) =
                rest.split_at(rest.partition_point(|event| event.time_ms <= self.newest_ms(nic, minute)));
            rest = later;
            if now.is_empty() || broken {
                continue;
            }
            if self.blocks.is_empty() {
                self.bytes.extend_from_slice(OPEN);
                self.blocks.push(OPEN.len());
                truth.begin_file(&self.name);
            }
            broken = self.write_minute(nic, self.record_ms(nic, minute), now, &mut cut, truth);
        }
        self.waiting[nic] = rest.to_vec();
        if !self.blocks.is_empty() {
            if !broken {
                self.bytes.extend_from_slice(CLOSE);
                self.blocks.push(CLOSE.len());
            }
            self.bytes_written += self.bytes.len() as u64;
            truth.end_file(self.bytes.len() as u64, !broken);
        }
    }

    /// Forgets the tuples that wait for a NIC's next record: its blob is not written.
    pub(crate) fn lose(&mut self, nic: usize) {
        self.waiting[nic].clear();
    }

    /// The tuples left over from the hour before, and the new ones.
    fn with_waiting(&mut self, nic: usize, mut events: Vec<Event>) -> Vec<Event> {
        let mut waiting = std::mem::take(&mut self.waiting[nic]);
        waiting.append(&mut events);
        waiting
    }

    /// When the record of a minute (from the first hour on) is written: the same second every time, but for some ms.
    fn record_ms(&self, nic: usize, minute: i64) -> i64 {
        let jitter = (mix((nic as u64) << 32 ^ minute as u64) % 240) as i64 - 120;
        self.start_ms + minute * MINUTE_MS + self.world.nics[nic].phase_ms + jitter
    }

    /// The newest tuple that the record of a minute may hold: 2 to 4 seconds older than the record.
    fn newest_ms(&self, nic: usize, minute: i64) -> i64 {
        let lag = 2000 + (mix((nic as u64) << 33 ^ minute as u64) % 2000) as i64;
        self.record_ms(nic, minute) - lag
    }

    fn acl(&self, nic: usize) -> &'a str {
        let world = self.world;
        let rule = &world.rules.rules[usize::from(world.nics[nic].nsg)];
        &world.rules.acls[rule.acl]
    }

    /// Writes one minute's record or records; true if the blob breaks off in it.
    fn write_minute(
        &mut self,
        nic: usize,
        record_ms: i64,
        events: &[Event],
        cut: &mut Option<u64>,
        truth: &mut Collector,
    ) -> bool {
        let world = self.world;
        let format = world.nics[nic].format;
        let mut groups = std::mem::take(&mut self.groups);
        groups.fill(world, events);
        let head = self.record_head(nic, record_ms);
        let mut record = Record::begin(&mut self.bytes, &mut self.blocks, &head, nic, world);
        truth.record();
        let mut kept = Vec::new();
        let mut broken = false;
        'groups: for (rule, members) in groups.iter() {
            if !record.has_room_for_rule() {
                record.end();
                record = Record::begin(&mut self.bytes, &mut self.blocks, &head, nic, world);
                truth.record();
            }
            record.rule(rule);
            for &member in members {
                let event = &events[member as usize];
                if !record.has_room_for_tuple() {
                    record.end();
                    record = Record::begin(&mut self.bytes, &mut self.blocks, &head, nic, world);
                    record.rule(rule);
                    truth.record();
                }
                if let Some(left) = cut {
                    if *left == 0 {
                        record.break_off(event, format);
                        broken = true;
                        break 'groups;
                    }
                    *left -= 1;
                    kept.push(member);
                }
                record.tuple(event, format);
            }
        }
        if broken {
            record.leave_open();
        } else {
            record.end();
        }
        self.groups = groups;
        if cut.is_some() {
            kept.sort_unstable();
            for member in kept {
                truth.tuple(nic, format, &events[member as usize]);
            }
        } else {
            for event in events {
                truth.tuple(nic, format, event);
            }
        }
        broken
    }

    /// Everything of a record before its groups.
    fn record_head(&self, nic: usize, record_ms: i64) -> String {
        let (names, nic_number) = (&self.world.names, nic as u64);
        let nic = &self.world.nics[nic];
        let time = utc(record_ms).to_rfc3339_opts(SecondsFormat::Millis, true);
        // Azure writes ten-millionths of a second, the last digit mostly 0.
        let time =
            format!("{}{:03}0Z", time.trim_end_matches('Z'), mix(record_ms as u64 ^ nic_number) % 1000);
        match nic.format {
            Format::VNet => format!(
                r#"{{"time":"{time}","flowLogGUID":"{}","macAddress":"{}","category":"FlowLogFlowEvent","flowLogResourceID":"{}","targetResourceID":"{}","flowLogVersion":4,"operationName":"FlowLogFlowEvent","flowRecords":{{"flows":["#,
                names.flow_log_guid(nic.vnet),
                nic.mac,
                names.flow_log_resource(nic.vnet),
                names.target_resource(nic.vnet),
            ),
            Format::NsgV1 | Format::NsgV2 => format!(
                r#"{{"time":"{time}","systemId":"{}","macAddress":"{}","category":"NetworkSecurityGroupFlowEvent","resourceId":"{}","operationName":"NetworkSecurityGroupFlowEvents","properties":{{"Version":{},"flows":["#,
                names.flow_log_guid(nic.vnet),
                nic.mac,
                self.acl(nic_number as usize).to_uppercase(),
                if nic.format == Format::NsgV1 { 1 } else { 2 },
            ),
        }
    }
}
