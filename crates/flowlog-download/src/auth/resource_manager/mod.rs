//! Azure Resource Manager: finding a storage account by name, and its key.
//!
//! Source: Microsoft Learn, REST reference, "Subscriptions - List", "Storage Accounts - List",
//! "- Get Properties" and "- List Keys".

mod answer;

use std::sync::Arc;

use azure_core::{
    credentials::TokenCredential,
    http::{
        ClientOptions, Context, Method, Pipeline, Request, Url,
        policies::auth::BearerTokenAuthorizationPolicy,
    },
};
use futures::{StreamExt as _, stream};
use serde::de::DeserializeOwned;

use super::AccountKey;
use answer::{Account, Answer, Found, Keys, Page, Subscription};

pub(super) use answer::Unfound;

const SUBSCRIPTIONS_VERSION: &str = "2022-12-01";
const STORAGE_VERSION: &str = "2023-01-01";
/// Subscriptions searched at once.
const AT_ONCE: usize = 8;
/// Pages of one list; a service that gives ever another one is broken.
const MOST_PAGES: usize = 500;
/// Subscriptions that are searched; no identity sees as many.
const MOST_SUBSCRIPTIONS: usize = 50_000;

fn endless() -> Unfound {
    Unfound::Failed("Azure Resource Manager gives a list without end".to_owned())
}

/// The service, spoken to as one identity.
#[derive(Debug)]
pub(super) struct ResourceManager {
    pipeline: Pipeline,
    endpoint: Url,
}

impl ResourceManager {
    /// Speaks to `endpoint` with tokens for `audience`.
    pub(super) fn new(
        options: ClientOptions,
        credential: Arc<dyn TokenCredential>,
        endpoint: Url,
        audience: &str,
    ) -> Self {
        let bearer = BearerTokenAuthorizationPolicy::new(credential, [format!("{audience}/.default")]);
        let (name, version) = (Some("flowlog-download"), option_env!("CARGO_PKG_VERSION"));
        let pipeline = Pipeline::new(name, version, options, Vec::new(), vec![Arc::new(bearer)], None);
        Self { pipeline, endpoint }
    }

    /// The first key of storage account `account`. The hints say where to look first; where they are
    /// wrong or missing, every subscription is searched.
    pub(super) async fn find_key(
        &self,
        account: &str,
        subscription: Option<&str>,
        group: Option<&str>,
    ) -> Result<AccountKey, Unfound> {
        let found = match (subscription, group) {
            (Some(subscription), Some(group)) => self.in_group(subscription, group, account).await?,
            (Some(subscription), None) => self.in_subscription(subscription, account).await?,
            _ => None,
        };
        let found = match found {
            Some(found) => found,
            None => self.anywhere(account, group).await?,
        };
        if found.keys_off {
            return Err(Unfound::KeysOff);
        }
        self.first_key(&found.id).await
    }

    /// The account in a known group. An identity that may list keys need not be allowed to read the
    /// account, so a refusal does not end the search.
    async fn in_group(
        &self,
        subscription: &str,
        group: &str,
        account: &str,
    ) -> Result<Option<Found>, Unfound> {
        let url = self.account(subscription, group, account);
        let id = url.path().to_owned();
        match self.get::<Account>(url).await {
            Ok(found) if found.is(account) => Ok(Some(found.into())),
            Ok(_) => Err(Unfound::Failed("Azure Resource Manager answered with another account".to_owned())),
            Err(Answer::Refused(_)) => Ok(Some(Found { id, keys_off: false })),
            Err(Answer::Missing) => Ok(None),
            Err(Answer::Other(unfound)) => Err(unfound),
        }
    }

    async fn in_subscription(&self, subscription: &str, account: &str) -> Result<Option<Found>, Unfound> {
        let path = ["subscriptions", subscription, "providers", "Microsoft.Storage", "storageAccounts"];
        let mut next = Some(self.url(&path, STORAGE_VERSION));
        for _ in 0..MOST_PAGES {
            let Some(url) = next.take() else { break };
            let page: Page<Account> = match self.get(url).await {
                Ok(page) => page,
                // A subscription one may not read is as good as one that has no such account.
                Err(Answer::Refused(_) | Answer::Missing) => return Ok(None),
                Err(Answer::Other(unfound)) => return Err(unfound),
            };
            if let Some(found) = page.value.into_iter().find(|found| found.is(account)) {
                return Ok(Some(found.into()));
            }
            next = self.next(page.next_link)?;
        }
        next.map_or(Ok(None), |_| Err(endless()))
    }

    async fn anywhere(&self, account: &str, group: Option<&str>) -> Result<Found, Unfound> {
        let subscriptions = self.subscriptions().await?;
        let search = |subscription: String| async move {
            if let Some(group) = group
                && let Ok(found) = self.read_in_group(&subscription, group, account).await
            {
                return Ok(Some(found));
            }
            self.in_subscription(&subscription, account).await
        };
        let count = subscriptions.len();
        let mut running = stream::iter(subscriptions).map(search).buffer_unordered(AT_ONCE);
        let mut failed = None;
        while let Some(answer) = running.next().await {
            match answer {
                Ok(Some(found)) => return Ok(found),
                Ok(None) => {}
                Err(unfound) => failed = Some(unfound),
            }
        }
        let subscriptions =
            if count == 1 { "1 subscription".to_owned() } else { format!("{count} subscriptions") };
        Err(failed.unwrap_or(Unfound::NoAccount { subscriptions }))
    }

    /// As [`Self::in_group`], but a refusal is no find: the group may not be this subscription's.
    async fn read_in_group(&self, subscription: &str, group: &str, account: &str) -> Result<Found, Unfound> {
        let url = self.account(subscription, group, account);
        let found = self.get::<Account>(url).await.map_err(Answer::into_unfound)?;
        if found.is(account) {
            return Ok(found.into());
        }
        Err(Unfound::Failed("Azure Resource Manager answered with another account".to_owned()))
    }

    async fn subscriptions(&self) -> Result<Vec<String>, Unfound> {
        let mut next = Some(self.url(&["subscriptions"], SUBSCRIPTIONS_VERSION));
        let mut all = Vec::new();
        for _ in 0..MOST_PAGES {
            let Some(url) = next.take() else { break };
            let page: Page<Subscription> = self.get(url).await.map_err(Answer::into_unfound)?;
            all.extend(page.value.into_iter().map(|subscription| subscription.subscription_id));
            next = self.next(page.next_link)?;
            if all.len() > MOST_SUBSCRIPTIONS {
                return Err(endless());
            }
        }
        next.map_or(Ok(all), |_| Err(endless()))
    }

    async fn first_key(&self, id: &str) -> Result<AccountKey, Unfound> {
        let mut url = self.endpoint.clone();
        url.set_path(&format!("{}/listKeys", id.trim_end_matches('/')));
        url.set_query(Some(&format!("api-version={STORAGE_VERSION}")));
        let keys: Keys = self.send(Method::Post, url).await.map_err(Answer::into_unfound)?;
        let key = keys.keys.first().and_then(|key| AccountKey::from_base64(key.value.expose()));
        key.ok_or_else(|| Unfound::Failed("the list of keys holds no key".to_owned()))
    }

    fn account(&self, subscription: &str, group: &str, account: &str) -> Url {
        let place = ["subscriptions", subscription, "resourceGroups", group];
        let name = ["providers", "Microsoft.Storage", "storageAccounts", account];
        self.url(&[place, name].concat(), STORAGE_VERSION)
    }

    fn url(&self, path: &[&str], version: &str) -> Url {
        let mut url = self.endpoint.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.clear().extend(path);
        }
        url.set_query(Some(&format!("api-version={version}")));
        url
    }

    /// The next page's address. The token goes there too, so it must be the same service.
    fn next(&self, link: Option<String>) -> Result<Option<Url>, Unfound> {
        let Some(link) = link.filter(|link| !link.is_empty()) else { return Ok(None) };
        match Url::parse(&link) {
            Ok(url) if url.origin() == self.endpoint.origin() => Ok(Some(url)),
            _ => Err(Unfound::Failed(
                "Azure Resource Manager points to another host for its next page".to_owned(),
            )),
        }
    }

    async fn get<T: DeserializeOwned>(&self, url: Url) -> Result<T, Answer> {
        self.send(Method::Get, url).await
    }

    async fn send<T: DeserializeOwned>(&self, method: Method, url: Url) -> Result<T, Answer> {
        let mut request = Request::new(url, method);
        request.insert_header("accept", "application/json");
        if method == Method::Post {
            request.insert_header("content-length", "0");
        }
        let sent = self.pipeline.send(&Context::new(), &mut request, None).await;
        let response = sent.map_err(|error| Answer::from(&error))?;
        // The parser's message could quote a key.
        serde_json::from_slice(response.body().as_ref()).map_err(|_| {
            Answer::Other(Unfound::Failed(
                "Azure Resource Manager answered what is not understood".to_owned(),
            ))
        })
    }
}
