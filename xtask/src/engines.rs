//! `cargo xtask engines`: Parquet exports read by other engines, and the questions of `docs/queries` answered by them.

use std::io::Write;
use std::process::Command;

use anyhow::Result;
use clap::Args;

use crate::bench::{Ground, ground};
use crate::shell::{root, run as succeed};

#[derive(Args)]
pub(crate) struct Options {
    /// Which engines; spark needs Java 17 or newer
    #[arg(long, default_values = ["duckdb", "clickhouse", "polars", "spark"], value_delimiter = ',', value_name = "NAME,...")]
    #[arg(value_parser = ["duckdb", "clickhouse", "polars", "spark"])]
    engines: Vec<String>,
    /// Size of the set
    #[arg(long, default_value = "10MB", value_name = "SIZE")]
    size: String,
}

/// Fails if an answer is not the report's, and says to `talk` what takes its time.
pub(crate) fn run(options: &Options, talk: &mut impl Write) -> Result<()> {
    let engines: Vec<&str> = options.engines.iter().map(String::as_str).collect();
    let Ground { scratch, analyze, set, python } = ground(&options.size, &engines, talk)?;
    let root = root()?;
    succeed(
        Command::new(python)
            .arg(root.join("benches/engines/check.py"))
            .arg(analyze)
            .args([set.join("container"), root.join("docs/queries"), scratch.join("engines")])
            .args(engines)
            .env("PYTHONDONTWRITEBYTECODE", "1"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn duckdb_answers_the_questions_of_the_documentation_as_the_report_does() {
        let options = Options { engines: vec!["duckdb".to_owned()], size: "2MB".to_owned() };
        run(&options, &mut std::io::stderr()).unwrap();
    }
}
