//! Report -> text, JSON, CSV. Renderers see the report and a writer, nothing else; they compute
//! nothing that is not about layout.

pub mod connections;
pub mod csv_details;
pub mod csv_summary;
pub mod findings_file;
pub mod flows;
pub mod host;
pub mod html;
pub mod json;
pub mod terminal;
pub mod tuples;

mod cells;
mod clock;
mod csv_line;
mod csv_text;
pub(crate) mod ends;
mod graphs;
mod markdown;
pub(crate) mod names;
pub(crate) mod parquet;
mod row_buffer;
mod schema;
mod spark;
mod style;
pub(crate) mod text;

#[cfg(test)]
mod fixture;

pub use csv_text::CsvStyle;
pub use schema::Schema;
pub use style::{Style, Surroundings};
pub use terminal::{Section, View};
pub use text::{escape, time};
