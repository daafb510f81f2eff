//! From the name Azure gives a flow-log blob to the name its local copy gets.
//!
//! [`BlobName`] reads the blob name into typed parts and writes it back; [`LocalName`] turns a blob
//! name and a [`Moment`] into `YYYY-MM-DD/HH/FlowLog_...` below the download folder, safe on every
//! file system. [`first_record_time`] finds a moment in a blob whose name tells none. All of it is
//! pure: no file is opened here.
//!
//! The blob names are those of Microsoft Learn, "Manage VNet flow logs" / "Read flow logs" and their
//! older editions, checked against real containers.

mod digest;
mod local;
mod moment;
mod name;
mod peek;
mod region;
mod safe;

pub use digest::hex_digest;
pub use local::{Form, LocalName, MAX_COMPONENT};
pub use moment::Moment;
pub use name::{BlobName, Mac, Resource, percent_decode, strip_folders_above};
pub use peek::{PEEK_BYTES, first_record_time};
pub(crate) use region::is_region;
pub use safe::safe_component;
