//! The opened source of blobs: a container or a folder.

use std::sync::Arc;

use crate::{
    auth,
    config::{Config, Env, SourceConfig},
    error::{Failure, Kind},
    fetch::Origin,
    listing::{Filter, Listing, list_folder, list_wanted},
    pace::Pace,
    progress::Progress,
    proxy::Proxy,
    refusal::{self, Subject},
    storage,
    summary::Summary,
};

/// The opened source of blobs.
pub(crate) struct Source {
    /// Its name in the manifest.
    pub(crate) id: String,
    pub(crate) origin: Arc<Origin>,
    /// What requests go through.
    proxy: Option<Proxy>,
}

impl Source {
    pub(crate) fn open(config: &Config, env: Env<'_>) -> Result<Self, Failure> {
        Ok(match &config.source {
            SourceConfig::Container(container) => {
                let endpoint = container.endpoint.as_str().trim_end_matches('/');
                let id = format!("{endpoint}/{}", container.container);
                let client =
                    storage::open_at(container, env, Some(Pace::new(config.concurrency, config.cap_mbps)))?;
                let proxy = Proxy::of(&container.endpoint, env);
                Self { id, origin: Arc::new(Origin::Container(client)), proxy }
            }
            SourceConfig::Folder { dir, .. } => {
                Self { id: format!("dir:{}", dir.display()), origin: Arc::new(Origin::Folder), proxy: None }
            }
        })
    }

    /// The container's address or the folder, for people.
    pub(crate) fn shown(&self) -> &str {
        self.id.trim_start_matches("dir:")
    }

    pub(crate) fn summary(&self, config: &Config) -> Summary {
        Summary {
            source: self.shown().to_owned(),
            verb: match config.source {
                SourceConfig::Container(_) => "Downloaded",
                SourceConfig::Folder { move_files: false, .. } => "Copied",
                SourceConfig::Folder { move_files: true, .. } => "Moved",
            },
            root: config.root.clone(),
            shown_root: config.shown_root.clone(),
            strict: config.strict,
            ..Summary::default()
        }
    }

    /// Lists what `filter` wants.
    pub(crate) async fn list(
        &self,
        config: &Config,
        filter: &Filter,
        progress: &Progress,
    ) -> Result<Listing, Failure> {
        progress.listing(0, 0);
        let heard = |blobs, bytes| progress.listing(blobs, bytes);
        match (&*self.origin, &config.source) {
            (Origin::Container(client), SourceConfig::Container(container)) => {
                progress.say(&format!("listing {} with {}", self.id, auth::used(container)));
                list_wanted(client, filter, heard).await.map_err(|error| {
                    let host = container.endpoint.host_str().unwrap_or_default();
                    let subject =
                        Subject { account: &container.account, container: &container.container, host };
                    auth::explain(refusal::from_storage(&error, &subject, self.proxy.as_ref()), container)
                })
            }
            (_, SourceConfig::Folder { dir, .. }) => {
                let root = config.root.canonicalize().unwrap_or_else(|_| config.root.clone());
                list_folder(dir, &root, filter, heard).map_err(|error| {
                    Failure::new(Kind::Failed, format!("cannot list {}: {error}", dir.display()))
                })
            }
            (Origin::Folder, SourceConfig::Container(_)) => Ok(Listing::default()),
        }
    }
}
