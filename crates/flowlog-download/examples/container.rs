//! A filled container for measurements: starts Azurite, fills it, prints the endpoint, and ends with its
//! standard input. `cargo run -p flowlog-download --example container -- BLOBS BYTES`

use std::io::{self, Read as _, Write as _};

use azure_core::http::RequestContent;
use azure_storage_blob::models::BlockLookupList;
use flowlog_download::{
    auth::{AccountKey, Auth},
    config::ContainerConfig,
    storage,
};
use flowlog_testkit::azurite::Azurite;
use futures::{StreamExt as _, TryStreamExt as _, stream};

const CONTAINER: &str = "insights-logs-flowlogflowevent";
/// Larger than one of Azure's, so that filling is quick.
const BLOCK: usize = 4_000_000;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1).filter_map(|argument| argument.parse::<usize>().ok());
    let (Some(blobs), Some(bytes)) = (arguments.next(), arguments.next()) else {
        return Err("usage: container BLOBS BYTES".into());
    };
    let azurite = Azurite::start();
    let config = ContainerConfig {
        account: Azurite::ACCOUNT.into(),
        container: CONTAINER.into(),
        endpoint: azurite.endpoint().parse()?,
        auth: Auth::Key(AccountKey::from_base64(Azurite::KEY).ok_or("the emulator's key")?),
        access: Box::default(),
    };
    let container = storage::open(&config, &|_| None).map_err(|failure| failure.message)?;
    container.create(None).await?;
    stream::iter(0..blobs)
        .map(|number| {
            let blob = container.blob_client(&name(number)).block_blob_client();
            async move {
                let mut ids = Vec::new();
                for (index, block) in content(number, bytes).chunks(BLOCK).enumerate() {
                    let id = format!("{index:032x}").into_bytes();
                    let body = RequestContent::from(block.to_vec());
                    blob.stage_block(&id, block.len() as u64, body, None).await?;
                    ids.push(id);
                }
                let list = BlockLookupList { latest: Some(ids), ..Default::default() };
                blob.commit_block_list(list.try_into()?, None).await.map(|_| ())
            }
        })
        .buffer_unordered(8)
        .try_collect::<Vec<()>>()
        .await?;
    writeln!(io::stdout(), "{}", azurite.endpoint())?;
    io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

/// A flow-log blob name: 100 NICs an hour.
fn name(number: usize) -> String {
    let (hour, nic) = (number / 100, number % 100);
    format!(
        "flowLogResourceID=/8AD06DA4-71EB-4B2A-9C9E-C4A1B2F3D4E5_NETWORKWATCHERRG/NETWORKWATCHER_EASTUS_VNET-A/\
         y=2025/m=10/d={:02}/h={:02}/m=00/macAddress=7C1E526484{nic:02X}/PT1H.json",
        hour / 24 + 1,
        hour % 24
    )
}

/// JSON of exactly so many bytes (40 at least) that differs from every other blob's.
fn content(number: usize, bytes: usize) -> Vec<u8> {
    let mut text = format!("{{\"records\":[{{\"blob\":{number},\"filler\":\"").into_bytes();
    let mut state = number as u64 + 1;
    while text.len() + 4 < bytes {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        text.push(b'a' + u8::try_from((state >> 33) % 26).unwrap_or_default());
    }
    text.extend_from_slice(b"\"}]}");
    text
}
