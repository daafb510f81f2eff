//! The scenario generator: from a seed to a storage container of flow logs, with the exact truth about it.
//!
//! An hour of traffic is drafted minute by minute, put down as tuples at the NICs that log it, and
//! written NIC by NIC as blobs in the layout, key order and record rhythm of real ones. Blobs go to
//! a sink one at a time: memory holds one hour's tuples, the connections that are still open, and
//! the truth's tables. What is written is counted where it is written.

// Numbers here are drawn from ranges known to fit.
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_possible_wrap)]

mod behaviours;
mod blob;
mod draft;
pub(crate) mod event;
mod groups;
mod names;
mod passing;
mod plants;
mod record;
pub(crate) mod rules;
mod settings;
mod timeline;
mod traffic;
mod tuple_text;
pub(crate) mod world;

pub use behaviours::Behaviour;
pub use behaviours::harmless::Harmless;
pub use settings::{Addresses, Capture, Cut, Format, Gap, Mix, Plant, Scenario, Volume};

use blob::BlobWriter;
use draft::Draft;
use passing::Passing;
use timeline::{HOUR_MS, Timeline};
use traffic::Background;
use world::World;

use crate::rng::{Rng, mix};
use crate::truth::{BehaviourTruth, Collector, Truth};

const MINUTE_MS: i64 = 60_000;
/// How busy each hour of the day (UTC) is: office hours with a dip at noon, quiet nights.
const RHYTHM: [u64; 24] =
    [20, 17, 15, 15, 16, 20, 32, 55, 82, 96, 100, 97, 88, 94, 98, 95, 88, 74, 58, 47, 40, 34, 28, 23];
/// Bytes a tuple takes with its part of the record, until measured.
const BYTES_PER_TUPLE: f64 = 75.0;
/// So much less for one of noise, until measured: it is short, and never beyond the last hour.
const NOISE_SAVES: f64 = 24.0;

/// A finished blob, as the storage account holds it.
#[derive(Clone, Copy, Debug)]
pub struct Blob<'a> {
    /// Name inside the container, with `/`.
    pub name: &'a str,
    /// The content.
    pub bytes: &'a [u8],
    /// Lengths of its blocks in order: 12 bytes to open, one block a record, 2 bytes to close. A cut
    /// blob has no closing block.
    pub blocks: &'a [usize],
}

impl Scenario {
    /// Writes every blob to `sink`, hour by hour and NIC by NIC, and returns the truth about them.
    ///
    /// # Errors
    /// Returns the sink's error, after which no more blobs are written.
    pub fn generate<E>(&self, mut sink: impl FnMut(&Blob<'_>) -> Result<(), E>) -> Result<Truth, E> {
        let world = World::new(self);
        let mut run = Run::new(self, &world);
        run.log_plants();
        let mut behaviours = run.log_behaviours();
        behaviours.extend(self.gaps.iter().filter_map(|&gap| gap_truth(gap, self.hours, &world)));
        run.log_open_connections();
        for hour in 0..self.hours {
            run.log_hour(hour);
            for nic in 0..world.nics.len() {
                run.write_blob(hour, nic, &mut sink)?;
            }
        }
        let mut truth = run.truth.finish(&world);
        behaviours.append(&mut truth.behaviours);
        Ok(Truth { behaviours, ..truth })
    }

    /// The same with all blobs collected, for small sets.
    #[must_use]
    pub fn collect(&self) -> (Vec<(String, Vec<u8>)>, Truth) {
        let mut blobs = Vec::new();
        let result = self.generate::<std::convert::Infallible>(|blob| {
            blobs.push((blob.name.to_owned(), blob.bytes.to_vec()));
            Ok(())
        });
        match result {
            Ok(truth) => (blobs, truth),
            Err(never) => match never {},
        }
    }

    /// Start of the first hour.
    fn first_hour_ms(&self) -> i64 {
        self.start_ms.div_euclid(HOUR_MS) * HOUR_MS
    }

    /// True for minutes in which no background connection starts.
    fn minute_is_quiet(&self, hour: u32, minute: u32) -> bool {
        let number = mix(self.seed ^ (u64::from(hour) << 8 | u64::from(minute)).rotate_left(20)) >> 40;
        (number as f64) < self.quiet_minutes * f64::from(1 << 24)
    }

    fn rhythm(&self, hour: u32) -> u64 {
        let hour_of_day = (self.first_hour_ms() / HOUR_MS + i64::from(hour)).rem_euclid(24);
        RHYTHM[hour_of_day as usize]
    }
}

/// The finding that a blob missing between others is right to raise.
fn gap_truth(gap: Gap, hours: u32, world: &World) -> Option<BehaviourTruth> {
    let nic = world.nics.get(gap.nic as usize)?;
    let between = gap.hour > 0 && gap.hour + 1 < hours;
    between.then(|| BehaviourTruth {
        rule: "log-gap".to_owned(),
        entity: nic.mac.clone(),
        required: true,
        times_ms: None,
    })
}

/// A scenario being written.
struct Run<'a> {
    scenario: &'a Scenario,
    world: &'a World,
    draft: Draft<'a>,
    log_rng: Rng,
    background: Background,
    passing: Passing,
    timeline: Timeline,
    writer: BlobWriter<'a>,
    truth: Collector,
}

impl<'a> Run<'a> {
    fn new(scenario: &'a Scenario, world: &'a World) -> Self {
        let start_ms = scenario.first_hour_ms();
        Self {
            scenario,
            world,
            draft: Draft::new(world, scenario),
            log_rng: Rng::new(scenario.seed, 3),
            background: Background::new(&scenario.mix),
            passing: Passing::new(scenario),
            timeline: Timeline::new(scenario, start_ms, world.nics.len()),
            writer: BlobWriter::new(world, start_ms),
            truth: Collector::new(world),
        }
    }

    fn hour_ms(&self, hour: u32) -> i64 {
        self.scenario.first_hour_ms() + i64::from(hour) * HOUR_MS
    }

    fn log_plants(&mut self) {
        let (start_ms, end_ms) = (self.hour_ms(0), self.hour_ms(self.scenario.hours));
        let mut when = Rng::new(self.scenario.seed, 4);
        for &plant in &self.scenario.plants {
            let room = (end_ms - start_ms - 20 * MINUTE_MS).max(1).unsigned_abs();
            let at = start_ms + 2 * MINUTE_MS + when.below(room) as i64;
            for connection in plants::plant(plant, &mut self.draft, at, start_ms, end_ms) {
                self.timeline.log(self.world, &connection, &mut self.log_rng);
            }
        }
    }

    fn log_behaviours(&mut self) -> Vec<BehaviourTruth> {
        let (start_ms, end_ms) = (self.hour_ms(0), self.hour_ms(self.scenario.hours));
        let mut truth = Vec::new();
        for (number, &behaviour) in self.scenario.behaviours.iter().enumerate() {
            let plot = behaviours::play(behaviour, number, &mut self.draft, start_ms, end_ms);
            for connection in &plot.connections {
                self.timeline.log(self.world, connection, &mut self.log_rng);
            }
            truth.extend(plot.dated());
        }
        for (number, &harmless) in self.scenario.harmless.iter().enumerate() {
            let number = number / Harmless::ALL.len();
            let plot = behaviours::harmless::play(harmless, number, &mut self.draft, start_ms, end_ms);
            for connection in &plot.connections {
                self.timeline.log(self.world, connection, &mut self.log_rng);
            }
            truth.extend(plot.dated());
        }
        truth
    }

    /// Connections that began before the data does.
    fn log_open_connections(&mut self) {
        if self.scenario.mix.long == 0 {
            return;
        }
        for _ in 0..self.world.nics.len() {
            let start_ms = self.hour_ms(0) - self.draft.rng.range(60_000, 9_000_000) as i64;
            let connection = traffic::long(&mut self.draft, start_ms);
            self.timeline.log(self.world, &connection, &mut self.log_rng);
        }
    }

    fn log_hour(&mut self, hour: u32) {
        let hour_ms = self.hour_ms(hour);
        for connection in plants::steady(&mut self.draft, hour_ms) {
            self.timeline.log(self.world, &connection, &mut self.log_rng);
        }
        let busy: Vec<u32> = (0..60).filter(|minute| !self.scenario.minute_is_quiet(hour, *minute)).collect();
        let (before, room) = (self.timeline.scheduled, self.room_for(hour));
        for (number, minute) in busy.iter().enumerate() {
            let target = before + room * (number as u64 + 1) / busy.len() as u64;
            let minute_ms = hour_ms + i64::from(*minute) * MINUTE_MS;
            let mut idle = 0;
            // Some connections are logged by nobody; a mix of nothing else must still come to an end.
            while self.timeline.scheduled < target && idle < 1000 {
                let scheduled = self.timeline.scheduled;
                if self.passing.is_due(scheduled) {
                    self.log_passing(minute_ms);
                } else {
                    let start_ms = minute_ms + self.draft.rng.below(MINUTE_MS.unsigned_abs()) as i64;
                    let Some(connection) = self.background.connection(&mut self.draft, start_ms) else {
                        return;
                    };
                    self.timeline.log(self.world, &connection, &mut self.log_rng);
                }
                idle = if self.timeline.scheduled == scheduled { idle + 1 } else { 0 };
            }
        }
    }

    fn log_passing(&mut self, minute_ms: i64) {
        let connection = self.passing.connection(&self.draft, minute_ms);
        let before = self.timeline.scheduled;
        self.timeline.log(self.world, &connection, &mut self.log_rng);
        self.passing.count(self.timeline.scheduled - before);
    }

    /// Tuples that this hour may add: its share, by the time of day, of what is left.
    fn room_for(&self, hour: u32) -> u64 {
        let left = match self.scenario.volume {
            Volume::Tuples(tuples) => tuples.saturating_sub(self.timeline.scheduled),
            Volume::Bytes(bytes) => {
                let (written, tuples) = (self.writer.bytes_written, self.truth.tuples());
                let per_tuple = if tuples < 1000 {
                    BYTES_PER_TUPLE - NOISE_SAVES * self.scenario.noise
                } else {
                    written as f64 / tuples as f64
                };
                let left = (bytes.saturating_sub(written) as f64 / per_tuple) as u64;
                left.saturating_sub(self.timeline.scheduled - tuples)
            }
        };
        let all: u64 = (hour..self.scenario.hours).map(|hour| self.scenario.rhythm(hour)).sum();
        (u128::from(left) * u128::from(self.scenario.rhythm(hour)) / u128::from(all.max(1))) as u64
    }

    fn write_blob<E>(
        &mut self,
        hour: u32,
        nic: usize,
        sink: &mut impl FnMut(&Blob<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let events = self.timeline.take(hour, nic);
        if self.scenario.gaps.iter().any(|gap| gap.nic as usize == nic && gap.hour == hour) {
            self.writer.lose(nic);
            return Ok(());
        }
        let cut = self.scenario.cut.filter(|cut| cut.nic as usize == nic && cut.hour == hour);
        self.writer.write(hour, nic, events, cut.map(|cut| cut.tuples), &mut self.truth);
        match self.writer.blob() {
            Some(blob) => sink(&blob),
            None => Ok(()),
        }
    }
}
