//! The IANA port registry in the form that flowlog-core embeds.

use std::collections::BTreeMap;
use std::fmt::Write;

use anyhow::{Context, Result, ensure};

/// The registry's protocols with the letter that stands for each in the file, in file order.
const PROTOCOLS: [(&str, char); 4] = [("tcp", 't'), ("udp", 'u'), ("sctp", 's'), ("dccp", 'd')];

/// Turns the package's `{"22/tcp": ["ssh", "..."]}` into lines `22 ssh tus`, sorted.
///
/// `day` is the one that the package's `version` was published on.
pub(super) fn render(json: &str, version: &str, day: &str) -> Result<String> {
    let registry: BTreeMap<String, [String; 2]> =
        serde_json::from_str(json).context("the port registry is not what it was")?;

    let mut lines: BTreeMap<(u16, &str), String> = BTreeMap::new();
    for (protocol, letter) in PROTOCOLS {
        for (key, [name, _]) in &registry {
            let Some((port, found)) = key.split_once('/') else {
                continue;
            };
            // Reserved and unassigned ports have a row but no name.
            if found != protocol || name.is_empty() {
                continue;
            }
            let port = port.parse().with_context(|| format!("port {port} of the registry"))?;
            ensure!(!name.contains(' '), "service name with a space: {name}");
            lines.entry((port, name)).or_default().push(letter);
        }
    }
    ensure!(lines.len() > 5000, "the port registry shrank to {} names", lines.len());

    let mut text = format!(
        "# IANA service names: port, name, protocols (t TCP, u UDP, s SCTP, d DCCP).\n\
         # Written by `cargo xtask registries` from port-numbers {version} of {day}; see README.md.\n"
    );
    for ((port, name), protocols) in lines {
        writeln!(text, "{port} {name} {protocols}")?;
    }
    Ok(text)
}
