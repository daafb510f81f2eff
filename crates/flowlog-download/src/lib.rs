//! Bring Azure flow logs from a storage account, or from a folder, into a tree of dates and hours.
//!
//! [`run`] is the table of contents. What is to be done is decided by pure functions ([`mod@plan`],
//! [`normalise`]); bytes are brought by [`fetch`], named by [`place`], remembered by [`manifest`].
#![forbid(unsafe_code)]

mod address;
pub mod answer;
pub mod auth;
pub mod cli;
pub mod config;
pub mod digest;
pub mod doctor;
pub mod error;
pub mod fetch;
pub mod follow;
pub mod grow;
pub mod listing;
pub mod manifest;
pub mod next;
pub mod normalise;
pub mod outcome;
pub mod pace;
pub mod place;
pub mod plan;
pub mod progress;
pub mod prompt;
pub mod proxy;
pub mod refusal;
pub mod retry;
mod source;
pub mod storage;
pub mod summary;
pub mod transfer;
pub mod unreachable;
pub mod verify;
mod words;

use std::{
    collections::HashSet,
    fs, io,
    path::Path,
    sync::{Arc, atomic::AtomicU64},
    time::Instant,
};

use chrono::Utc;

use crate::{
    cli::{Cli, Proof},
    config::{Config, Env, SourceConfig},
    error::{Failure, Kind},
    fetch::{Fetcher, Origin},
    grow::Growing,
    listing::{Filter, Listing, PassedOver, version_of},
    manifest::{Manifest, STATE_FOLDER, key},
    next::Next,
    normalise::{Decider, Spelled, spell},
    outcome::Outcome,
    place::{Placer, Relation, relation},
    plan::{Plan, plan},
    progress::{Progress, amount, shown},
    source::Source,
    summary::{Planned, Summary},
    transfer::{Cancel, transfer},
    verify::{Told, Verified},
};

/// Runs the tool. `interactive`: a person sits at standard input and error and can be asked.
pub async fn run(cli: &Cli, env: Env<'_>, interactive: bool) -> Result<Outcome, Failure> {
    if cli.doctor {
        let mut config = config::resolve(cli, env)?;
        if let SourceConfig::Container(container) = &mut config.source {
            // What keeps a login from working is for the steps to find and to tell.
            auth::settle(container, env).await.ok();
        }
        return Ok(Outcome::Doctor(doctor::diagnose(&config, env).await));
    }
    if let Some(proof) = cli.verify {
        let config = admitted(cli, env, &Cancel::on_signal()).await?;
        return check(&config, env, proof).await.map(Outcome::Verify);
    }
    let session = Session::open(cli, env).await?;
    let filter = session.config.select.at(Utc::now());
    session.update(&filter, Manner::Once { interactive }).await.map(Outcome::Download)
}

/// The settings, with the way into the container found.
async fn admitted(cli: &Cli, env: Env<'_>, cancel: &Cancel) -> Result<Config, Failure> {
    let mut config = config::resolve(cli, env)?;
    if let SourceConfig::Container(container) = &mut config.source {
        proxy::understood(&container.endpoint, env)?;
        let settle = async {
            unreachable::look_before_login(container, env).await?;
            auth::settle(container, env).await
        };
        let settled = until(cancel, settle).await;
        settled.unwrap_or_else(|| Err(Failure::new(Kind::Interrupted, "interrupted while logging in")))?;
        let progress = Progress::default();
        for warning in auth::warnings(container) {
            progress.say(&format!("warning: {warning}"));
        }
    }
    Ok(config)
}

/// How an update talks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    /// It says what it finds; `interactive`: and asks.
    Once { interactive: bool },
    /// The one who runs it again and again says enough.
    Again,
}

/// Everything one run needs, opened once however often the tree is updated.
struct Session {
    config: Config,
    cancel: Cancel,
    source: Source,
    manifest: Arc<Manifest>,
}

impl Session {
    async fn open(cli: &Cli, env: Env<'_>) -> Result<Self, Failure> {
        let cancel = Cancel::on_signal();
        let config = admitted(cli, env, &cancel).await?;
        let source = Source::open(&config, env)?;
        let manifest =
            if config.dry_run { Manifest::look(&config.root)? } else { Manifest::open(&config.root)? };
        Ok(Self { config, cancel, source, manifest: Arc::new(manifest) })
    }

    /// Brings what `filter` wants up to date.
    async fn update(&self, filter: &Filter, manner: Manner) -> Result<Summary, Failure> {
        let started = Instant::now();
        let Self { config, cancel, source, manifest } = self;
        let interactive = matches!(manner, Manner::Once { interactive: true });
        let progress = Arc::new(Progress::default().quiet(manner == Manner::Again));
        let mut summary = source.summary(config);

        let Some(listing) = until(cancel, source.list(config, filter, &progress)).await.transpose()? else {
            progress.finish();
            return Ok(Summary { interrupted: true, elapsed: started.elapsed(), ..summary });
        };
        (summary.listed, summary.listed_bytes) = (listing.blobs.len() as u64, listing.bytes());
        (summary.ignored, summary.left_out, summary.calls) =
            (listing.ignored, listing.left_out, listing.calls);
        summary.passed = listing.passed.clone();
        let known = manifest.entries(&source.id)?;
        if listing.blobs.is_empty() && known.is_empty() {
            return Err(nothing_there(config, filter, &listing));
        }

        let narrowed = !filter.is_everything();
        let asked: Option<HashSet<String>> =
            narrowed.then(|| listing.blobs.iter().map(|blob| key(&source.id, &blob.id)).collect());
        let plan = plan(listing, known, |path| size_of(&config.root.join(path)));
        summary.compared(&plan);
        progress.listed();
        progress.say(&found(&summary, &plan));
        let unchanged = plan.unchanged.clone();
        let Some(spelled) = until(cancel, agree(plan, config, interactive)).await.transpose()? else {
            // The terminal shows `^C` behind the question.
            progress.say("");
            return Ok(Summary { interrupted: true, elapsed: started.elapsed(), ..summary });
        };
        (summary.shortened, summary.skipped) = (spelled.shortened, spelled.skipped);
        if spelled.stopped {
            return Ok(Summary { interrupted: true, elapsed: started.elapsed(), ..summary });
        }
        if spelled.shortened > 0 && !config.auto_shorten && !interactive {
            progress.say(&format!(
                "warning: {} file names are shortened, their paths would exceed {} characters",
                spelled.shortened, config.max_path
            ));
        }
        for job in spelled.impossible {
            let reason =
                format!("its path is longer than {} characters even when shortened", config.max_path);
            summary.failed.push((job.blob.name, format!("{reason}; choose a shorter --download-path")));
        }

        if config.dry_run {
            summary.planned = Some(spelled.jobs.iter().map(|job| Planned::of(job, &source.id)).collect());
            return Ok(Summary { elapsed: started.elapsed(), ..summary });
        }

        let fetcher = Arc::new(Fetcher {
            origin: Arc::clone(&source.origin),
            temp_folder: manifest.temp_folder(),
            progress: Arc::clone(&progress),
            counter: AtomicU64::new(0),
            growing: Growing::new(config.root.clone(), manifest.growths(&source.id)?),
        });
        let move_files = matches!(config.source, SourceConfig::Folder { move_files: true, .. });
        let placer = Placer {
            manifest: Arc::clone(manifest),
            root: config.root.clone(),
            source: source.id.clone(),
            move_files,
        };
        progress.start(spelled.jobs.len() as u64, spelled.jobs.iter().map(|job| job.blob.length).sum());
        let done = transfer(spelled.jobs, &fetcher, placer, config.concurrency, cancel).await;
        progress.finish();
        let done = done?;
        if move_files {
            remove_moved_before(&unchanged, &config.root);
        }

        summary.all_refused =
            done.refused > 0 && done.refused == done.failed.len() && summary.failed.is_empty();
        (summary.fetched, summary.fetched_bytes) = (done.fetched, done.bytes);
        summary.left_archived(&done.archived);
        summary.not_tried = done.not_tried;
        (summary.spliced, summary.kept_bytes) = fetcher.growing.savings();
        summary.failed.extend(done.failed);
        summary.failed.sort();
        summary.next = next(manifest, asked.as_ref())?;
        summary.interrupted = cancel.is_set();
        summary.elapsed = started.elapsed();
        Ok(summary)
    }
}

/// What to analyse next: what was asked for, or the tree.
fn next(manifest: &Manifest, asked: Option<&HashSet<String>>) -> Result<Next, Failure> {
    let Some(asked) = asked else {
        return Ok(if manifest.is_empty()? { Next::Nothing } else { Next::Tree });
    };
    let paths = manifest.paths()?;
    let all = paths.iter().map(|(_, path)| path.as_str()).collect();
    let wanted = paths.iter().filter(|(key, _)| asked.contains(key)).map(|(_, path)| path.as_str()).collect();
    Ok(next::next(&wanted, &all))
}

/// Compares the tree with the source; fetches and changes nothing.
async fn check(config: &Config, env: Env<'_>, proof: Proof) -> Result<Verified, Failure> {
    let started = Instant::now();
    if !config.root.join(STATE_FOLDER).is_dir() {
        let told = format!(
            "{} is no download folder: it has no record in {STATE_FOLDER}",
            config.shown_root.display()
        );
        return Err(Failure::new(Kind::NotFound, told).hint("check --download-path, or download first"));
    }
    let source = Source::open(config, env)?;
    let manifest = Manifest::open(&config.root)?;
    let known = manifest.entries(&source.id)?;
    let progress = Progress::default();
    let filter = config.select.at(Utc::now());
    let listing = source.list(config, &filter, &progress).await;
    progress.finish();
    let listing = listing?;
    if listing.blobs.is_empty() && known.is_empty() {
        return Err(nothing_there(config, &filter, &listing));
    }
    let mut told = Told::default();
    if let Origin::Container(client) = &*source.origin {
        let here: Vec<_> = listing.blobs.iter().filter(|blob| known.contains_key(&blob.id)).collect();
        told.md5s = verify::hashes(client, &here, config.concurrency).await?;
        if proof == Proof::Content {
            let unproved = verify::to_reread(&listing, &known, &told, &config.root);
            told.reread = verify::reread(client, unproved, config.concurrency).await?;
        }
    }
    let mut verified = tokio::task::block_in_place(|| verify::verify(&listing, &known, &told, &config.root));
    if !filter.is_everything() {
        // What was not asked for is not listed: that says nothing about what the source holds.
        verified.only_here = 0;
    }
    (verified.passed, verified.left_out) = (listing.passed, listing.left_out);
    let (source, root, elapsed) = (source.shown().to_owned(), config.root.clone(), started.elapsed());
    Ok(Verified { source, root, elapsed, strict: config.strict, ..verified })
}

/// A future's result, or `None` if the run is cancelled first.
async fn until<T>(cancel: &Cancel, work: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        () = cancel.wait() => None,
        result = work => Some(result),
    }
}

/// An empty source is most often the wrong one, so it is an error of its own.
fn nothing_there(config: &Config, filter: &Filter, listing: &Listing) -> Failure {
    if !filter.is_everything() {
        return nothing_wanted(filter, listing);
    }
    match &config.source {
        SourceConfig::Container(container) => Failure::new(
            Kind::NotFound,
            format!("container '{}' of account '{}' is empty", container.container, container.account),
        )
        .hint("the first log of a new flow log arrives after some minutes; check the container's name and the account"),
        SourceConfig::Folder { dir, .. } => {
            Failure::new(Kind::NotFound, format!("no flow-log files in {}", dir.display()))
                .hint("files ending in .json, .json.gz, .json.zst or .jsonl are looked for, at any depth")
        }
    }
}

/// Nothing passed the filter, which may be right or a slip.
fn nothing_wanted(filter: &Filter, listing: &Listing) -> Failure {
    let failure = Failure::new(Kind::NotFound, format!("no blob matches: {filter}")).hint(
        "times are UTC; names and MAC addresses must be whole, in any case; try --dry-run with fewer filters",
    );
    let failure = match listing.left_out {
        0 => failure,
        count => failure.hint(format!("{count} blobs were left out because their names tell too little")),
    };
    match &listing.passed {
        PassedOver { resources: 0, blobs: 0, .. } => failure,
        PassedOver { resources: 0, blobs, .. } => {
            failure.hint(format!("{blobs} blobs are there that are not asked for"))
        }
        passed => failure.hint(format!("there is: {}", passed.named())),
    }
}

/// Settles file names and gets the person's consent.
async fn agree(plan: Plan, config: &Config, interactive: bool) -> Result<Spelled, Failure> {
    let root = config.root.display().to_string();
    let (max_path, auto_shorten) = (config.max_path, config.auto_shorten);
    let ask = interactive && !config.force && !config.dry_run;
    let into = shown(&config.shown_root.display().to_string());
    // Reading an answer blocks; a thread of its own keeps Ctrl-C working.
    let asking = tokio::task::spawn_blocking(move || -> io::Result<Spelled> {
        let (mut input, mut output) = (io::stdin().lock(), io::stderr());
        let decider = if ask && !auto_shorten {
            Decider::Person { input: &mut input, output: &mut output }
        } else {
            Decider::Shorten
        };
        let mut spelled = spell(plan.jobs, &root, max_path, decider)?;
        if ask && !spelled.stopped && !spelled.jobs.is_empty() {
            let bytes = spelled.jobs.iter().map(|job| job.blob.length).sum();
            let question = format!("Fetch {} into {into}?", amount(spelled.jobs.len() as u64, bytes));
            spelled.stopped = !prompt::confirm(&mut input, &mut output, &question)?;
        }
        Ok(spelled)
    });
    let failed = |error: &dyn std::fmt::Display| Failure::new(Kind::Failed, format!("cannot ask: {error}"));
    asking.await.map_err(|error| failed(&error))?.map_err(|error| failed(&error))
}

fn found(summary: &Summary, plan: &Plan) -> String {
    format!(
        "found {}; to fetch: {}; unchanged: {}",
        amount(summary.listed, summary.listed_bytes),
        amount(plan.jobs.len() as u64, plan.bytes()),
        summary.unchanged
    )
}

fn size_of(path: &Path) -> Option<u64> {
    fs::symlink_metadata(path).ok().filter(fs::Metadata::is_file).map(|file| file.len())
}

/// With `--move`, sources whose copy an earlier run made go too, if the copy has the same bytes.
fn remove_moved_before(unchanged: &[(listing::Listed, manifest::Entry)], root: &Path) {
    for (blob, entry) in unchanged {
        let Some(source) = blob.file.as_deref() else { continue };
        let same = relation(&root.join(&entry.path), source).is_ok_and(|found| found == Relation::Same);
        let current = fs::metadata(source).is_ok_and(|file| version_of(&file) == blob.version);
        if same && current {
            // A source that cannot be removed stays; nothing is lost.
            let _ = fs::remove_file(source);
        }
    }
}
