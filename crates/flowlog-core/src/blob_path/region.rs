//! Names of Azure regions, as Azure's own network watchers carry them.

/// Regions of the public cloud, Azure Government and Azure in China, in the order of the alphabet.
///
/// A region that is missing here costs precision, nothing else: what a name may mean is then read in every
/// way.
#[rustfmt::skip]
const REGIONS: [&str; 86] = [
    "australiacentral", "australiacentral2", "australiaeast", "australiasoutheast", "austriaeast",
    "belgiumcentral", "brazilsouth", "brazilsoutheast", "canadacentral", "canadaeast", "centralindia",
    "centralus", "centraluseuap", "chilecentral", "chinaeast", "chinaeast2", "chinaeast3", "chinanorth",
    "chinanorth2", "chinanorth3", "denmarkeast", "eastasia", "eastus", "eastus2", "eastus2euap", "eastus3",
    "finlandcentral", "francecentral", "francesouth", "germanynorth", "germanywestcentral",
    "greececentral", "indiasouthcentral", "indonesiacentral", "israelcentral", "israelnorthwest",
    "italynorth", "japaneast", "japanwest", "jioindiacentral", "jioindiawest", "koreacentral",
    "koreasouth", "malaysiasouth", "malaysiawest", "mexicocentral", "newzealandnorth", "northcentralus",
    "northeastus5", "northeurope", "norwayeast", "norwaywest", "polandcentral", "qatarcentral",
    "saudiarabiaeast", "southafricanorth", "southafricawest", "southcentralus", "southcentralus2",
    "southeastasia", "southeastus", "southeastus3", "southindia", "spaincentral", "swedencentral",
    "swedensouth", "switzerlandnorth", "switzerlandwest", "taiwannorth", "taiwannorthwest", "uaecentral",
    "uaenorth", "uksouth", "ukwest", "usdodcentral", "usdodeast", "usgovarizona", "usgoviowa",
    "usgovtexas", "usgovvirginia", "westcentralus", "westeurope", "westindia", "westus", "westus2",
    "westus3",
];

/// Whether `name` is a region, in any case.
pub(crate) fn is_region(name: &str) -> bool {
    REGIONS.binary_search(&name.to_ascii_lowercase().as_str()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_are_found_in_any_case() {
        assert!(REGIONS.is_sorted() && REGIONS.iter().all(|region| is_region(region)));
        assert!(is_region("EASTUS") && is_region("WestEurope"));
        assert!(!is_region("PROD") && !is_region("") && !is_region("EASTUS_"));
    }
}
