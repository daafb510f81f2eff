//! Names for the numbers in a flow log: services, protocols and providers.
//!
//! Everything is embedded in the binary: nothing is fetched, no file is read. `data/README.md`
//! names the sources, their licences and how to refresh them. What the person's own files say of addresses is an
//! [`AddressBook`].

mod book;
mod protocol;
mod provider;
mod service;
mod service_tags;

pub use book::{
    AddressBook, AddressBookBuilder, Country, DatabaseError, FactKind, HostFacts, KnownHosts, LineError,
    MOST_LISTS, Ranges,
};
pub use protocol::{protocol_data, protocol_name};
pub use provider::{is_microsoft, provider, provider_data, provider_names};
pub use service::{service_data, service_name};
pub use service_tags::{ServiceTags, ServiceTagsError};
