//! The Azure clouds: separate copies of Azure with addresses of their own.
//!
//! Source: Microsoft Learn, "Azure Government vs. global Azure" and "Azure China developer guide".

use clap::ValueEnum;

/// One of the Azure clouds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Cloud {
    /// Azure, worldwide
    #[default]
    Public,
    /// Azure Government
    Usgov,
    /// Azure in China (21Vianet)
    China,
}

impl Cloud {
    const ALL: [Self; 3] = [Self::Public, Self::Usgov, Self::China];

    /// What follows the account in the host of its blob endpoint.
    pub fn blob_suffix(self) -> &'static str {
        match self {
            Self::Public => "blob.core.windows.net",
            Self::Usgov => "blob.core.usgovcloudapi.net",
            Self::China => "blob.core.chinacloudapi.cn",
        }
    }

    /// The identity service (Entra ID).
    pub fn authority(self) -> &'static str {
        match self {
            Self::Public => "https://login.microsoftonline.com",
            Self::Usgov => "https://login.microsoftonline.us",
            Self::China => "https://login.chinacloudapi.cn",
        }
    }

    /// Azure Resource Manager, also the audience of tokens for it.
    pub fn resource_manager(self) -> &'static str {
        match self {
            Self::Public => "https://management.azure.com",
            Self::Usgov => "https://management.usgovcloudapi.net",
            Self::China => "https://management.chinacloudapi.cn",
        }
    }

    /// The cloud whose identity service this address is.
    pub fn of_authority(address: &str) -> Option<Self> {
        let address = address.trim_end_matches('/');
        Self::ALL.into_iter().find(|cloud| cloud.authority().eq_ignore_ascii_case(address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authority_tells_its_cloud() {
        assert_eq!(Cloud::of_authority("https://login.microsoftonline.us/"), Some(Cloud::Usgov));
        assert_eq!(Cloud::of_authority("https://login.chinacloudapi.cn"), Some(Cloud::China));
        assert_eq!(Cloud::of_authority("https://adfs.example.org/adfs"), None);
    }
}
