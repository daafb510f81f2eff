//! What a person should hear before the first request, though nothing is wrong yet.

use super::Auth;
use crate::{address::is_loopback, config::ContainerConfig};

/// What is risky about the way in, and what the addresses given hold beside it.
pub fn warnings(config: &ContainerConfig) -> Vec<String> {
    let mut told = config.access.notes.clone();
    let open = config.endpoint.scheme() == "http" && !is_loopback(&config.endpoint);
    let risk = match &config.auth {
        Auth::Sas(_) => "the SAS token: whoever is on the way can read and use it",
        Auth::Key(_) => {
            "what the account key signs: whoever is on the way can read and change it, though not read the key"
        }
        Auth::Login | Auth::Discover | Auth::Anonymous => return told,
    };
    if open {
        told.push(format!("plain http carries {risk}; use https ({} is not this machine)", host(config)));
    }
    told
}

fn host(config: &ContainerConfig) -> &str {
    config.endpoint.host_str().unwrap_or_default()
}
