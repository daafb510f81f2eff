//! What the black-box tests share: a real container to fill, the binary to run, trees to compare.
#![allow(dead_code, reason = "each test binary uses its part")]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use azure_core::{Bytes, http::RequestContent};
use azure_storage_blob::{BlobContainerClient, models::BlockLookupList};
use flowlog_core::blob_path::{Form, LocalName};
use flowlog_download::{
    auth::{AccountKey, Auth},
    config::ContainerConfig,
    storage,
};
use flowlog_testkit::azurite::Azurite;
use futures::{StreamExt as _, TryStreamExt as _, stream};

pub(crate) const CONTAINER: &str = "insights-logs-flowlogflowevent";

/// A container of a real Azurite and what was put into it.
pub(crate) struct Container {
    pub(crate) azurite: Azurite,
    pub(crate) client: BlobContainerClient,
    pub(crate) blobs: BTreeMap<String, Vec<Vec<u8>>>,
    runtime: tokio::runtime::Runtime,
}

impl Container {
    /// Starts Azurite and creates the container.
    pub(crate) fn new(name: &str) -> Self {
        let azurite = Azurite::start();
        let client = open(&azurite, name);
        Self::of(azurite, client)
    }

    /// Creates the container in an Azurite that runs.
    pub(crate) fn of(azurite: Azurite, client: BlobContainerClient) -> Self {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(client.create(None)).expect("a new container");
        Self { azurite, client, blobs: BTreeMap::new(), runtime }
    }

    /// Uploads blobs as Azure writes them: an opening block, one block a record, a closing block.
    pub(crate) fn upload(&mut self, blobs: Vec<(String, Vec<Vec<u8>>)>) {
        let client = &self.client;
        self.runtime.block_on(
            stream::iter(&blobs)
                .map(|(name, records)| upload_blocks(client, name, records))
                .buffer_unordered(8)
                .collect::<Vec<()>>(),
        );
        self.blobs.extend(blobs);
    }

    /// Uploads blobs in one request each: quicker, where the blocks do not matter.
    pub(crate) fn upload_whole(&mut self, blobs: Vec<(String, Vec<Vec<u8>>)>) {
        let client = &self.client;
        let upload = |(name, records): &(String, Vec<Vec<u8>>)| {
            let blob = client.blob_client(name);
            let content = bytes(&content(records));
            async move { blob.upload(content, None).await.map(|_| ()) }
        };
        self.runtime
            .block_on(stream::iter(&blobs).map(upload).buffer_unordered(8).try_collect::<Vec<()>>())
            .expect("uploaded");
        self.blobs.extend(blobs);
    }

    /// Appends one record to a blob, in front of the closing block.
    pub(crate) fn grow(&mut self, name: &str) {
        let mut records = self.blobs[name].clone();
        records.push(record(name, records.len()));
        self.upload(vec![(name.to_owned(), records)]);
    }

    pub(crate) fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// The tree that is right: path below the download folder -> content.
    pub(crate) fn expected(&self) -> BTreeMap<String, Vec<u8>> {
        self.blobs
            .iter()
            .map(|(name, records)| (LocalName::new(name).path(Form::Full, ""), content(records)))
            .collect()
    }

    /// The tool, told where the container is and its key.
    pub(crate) fn tool(&self, root: &Path) -> Command {
        let mut command = tool(root);
        command.args(["--endpoint", &self.azurite.endpoint()]).env("AZ_STORAGE_KEY", Azurite::KEY);
        command
    }
}

/// A client for a container, signing with the emulator's key.
pub(crate) fn open(azurite: &Azurite, name: &str) -> BlobContainerClient {
    let config = ContainerConfig {
        account: Azurite::ACCOUNT.into(),
        container: name.into(),
        endpoint: azurite.endpoint().parse().expect("an address"),
        auth: Auth::Key(AccountKey::from_base64(Azurite::KEY).expect("base64")),
        access: Box::default(),
    };
    storage::open(&config, &|_| None).expect("a client")
}

async fn upload_blocks(client: &BlobContainerClient, name: &str, records: &[Vec<u8>]) {
    let blob = client.blob_client(name).block_blob_client();
    let mut ids = Vec::new();
    for (number, block) in blocks(records).into_iter().enumerate() {
        let id = format!("{number:032x}").into_bytes();
        let length = block.len() as u64;
        blob.stage_block(&id, length, RequestContent::from(block), None).await.expect("a staged block");
        ids.push(id);
    }
    let list = BlockLookupList { latest: Some(ids), ..Default::default() };
    blob.commit_block_list(list.try_into().expect("a block list"), None).await.expect("a committed list");
}

fn blocks(records: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let opening = b"{\"records\":[".to_vec();
    let data = records.iter().enumerate().map(|(number, record)| {
        let comma: &[u8] = if number == 0 { b"" } else { b"," };
        [comma, record].concat()
    });
    std::iter::once(opening).chain(data).chain([b"]}".to_vec()]).collect()
}

pub(crate) fn content(records: &[Vec<u8>]) -> Vec<u8> {
    blocks(records).concat()
}

/// A record that differs from every other blob's.
pub(crate) fn record(name: &str, number: usize) -> Vec<u8> {
    format!(
        "{{\"time\":\"2025-10-05T09:{:02}:27.1234567Z\",\"flowLogVersion\":4,\"macAddress\":\"7C1E5264840B\",\
         \"category\":\"FlowLogFlowEvent\",\"of\":{name:?},\"flowRecords\":{{\"flows\":[]}},\"number\":{number}}}",
        number % 60
    )
    .into_bytes()
}

/// A flow-log blob name.
pub(crate) fn blob_name(log: &str, day: u32, hour: u32, nic: u32) -> String {
    format!(
        "flowLogResourceID=/8AD06DA4-71EB-4B2A-9C9E-C4A1B2F3D4E5_NETWORKWATCHERRG/NETWORKWATCHER_EASTUS_{log}/\
         y=2025/m=10/d={day:02}/h={hour:02}/m=00/macAddress=7C1E5264840{nic:X}/PT1H.json"
    )
}

/// Blobs of three NICs and 24 hours for each flow log, `records` records each.
pub(crate) fn day_of(logs: &[&str], records: usize) -> Vec<(String, Vec<Vec<u8>>)> {
    let mut blobs = Vec::new();
    for log in logs {
        for hour in 0..24 {
            for nic in 0..3 {
                let name = blob_name(log, 5, hour, nic);
                blobs.push((name.clone(), (0..records).map(|number| record(&name, number)).collect()));
            }
        }
    }
    blobs
}

/// The tool without any account, its environment empty but for the path.
pub(crate) fn tool(root: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flowlog-download"));
    command.env_clear().arg("--download-path").arg(root);
    for kept in ["PATH", "SystemRoot", "TEMP"] {
        if let Some(value) = std::env::var_os(kept) {
            command.env(kept, value);
        }
    }
    command
}

/// Every file of a tree but the tool's own state.
pub(crate) fn tree(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in walk(root) {
        let path = entry.strip_prefix(root).expect("below the root").to_string_lossy().replace('\\', "/");
        if !path.starts_with(".flowlog/") {
            files.insert(path, fs::read(&entry).expect("a readable file"));
        }
    }
    files
}

/// Files in the temporary folder.
pub(crate) fn leftovers(root: &Path) -> Vec<PathBuf> {
    walk(&root.join(".flowlog/tmp"))
}

fn walk(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.expect("an entry").path();
        if path.is_dir() { files.extend(walk(&path)) } else { files.push(path) }
    }
    files
}

/// The number behind a label of the summary.
pub(crate) fn figure(output: &Output, label: &str) -> u64 {
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().find(|line| line.starts_with(label));
    let line = line.unwrap_or_else(|| panic!("no '{label}' in {text}{}", said(output)));
    let number = line[label.len()..].split_whitespace().next().expect("a number").replace(',', "");
    number.parse().expect("a number")
}

/// What a run said, standard error first.
pub(crate) fn said(output: &Output) -> String {
    let both = [&output.stderr[..], &output.stdout].concat();
    String::from_utf8_lossy(&both).into_owned()
}

/// Compares trees; the difference is told by path, not by content.
pub(crate) fn assert_same_tree(found: &BTreeMap<String, Vec<u8>>, expected: &BTreeMap<String, Vec<u8>>) {
    let paths = |tree: &BTreeMap<String, Vec<u8>>| tree.keys().cloned().collect::<Vec<_>>();
    assert_eq!(paths(found), paths(expected));
    for (path, bytes) in expected {
        assert!(found[path] == *bytes, "{path} differs");
    }
}

/// Bytes for a request.
pub(crate) fn bytes(content: &[u8]) -> RequestContent<Bytes, azure_core::http::NoFormat> {
    RequestContent::from(content.to_vec())
}
