//! Whom the provider table names, and by which autonomous systems.
//!
//! The choice is ours: clouds, CDNs, security services and self-declared internet scanners that
//! an engineer reading Azure flow logs would recognise. Carriers and access networks are left out:
//! their name says little about who is at the other end.

/// A provider by the systems that announce its addresses.
pub(super) struct Provider {
    /// The name that reports show.
    pub(super) name: &'static str,
    /// The organisation of each system must contain one of these words, in lower case. A number
    /// that changed hands stops the refresh instead of naming the wrong provider.
    pub(super) words: &'static [&'static str],
    /// Autonomous system numbers.
    pub(super) systems: &'static [u32],
}

const fn of(name: &'static str, words: &'static [&'static str], systems: &'static [u32]) -> Provider {
    Provider { name, words, systems }
}

/// Providers that publish their ranges: the word in the package and the name in reports. These
/// claims come before announcements, so "Microsoft Azure" is told from the rest of "Microsoft".
pub(super) const PUBLISHED: [(&str, &str); 6] = [
    ("azure", "Microsoft Azure"),
    ("aws", "Amazon AWS"),
    ("gcp", "Google Cloud"),
    ("oracle", "Oracle Cloud"),
    ("cloudflare", "Cloudflare"),
    ("digitalocean", "DigitalOcean"),
];

/// Providers by announcement, sorted by subject and then by name.
#[rustfmt::skip]
pub(super) const ANNOUNCED: &[Provider] = &[
    // Clouds and hosting
    of("Akamai Cloud (Linode)", &["akamai", "linode"], &[63949, 48337]),
    of("Alibaba Cloud", &["alibaba"], &[37963, 45102, 134_963]),
    of("Amazon", &["amazon"], &[801, 7224, 8987, 9059, 14618, 16509, 21664, 36263, 38895, 62785, 135_630, 214_101, 400_098, 401_395]),
    of("Baidu", &["baidu"], &[38365, 38627, 55967]),
    of("Contabo", &["contabo"], &[40021, 51167, 141_995]),
    of("DigitalOcean", &["digitalocean"], &[14061, 46652, 393_406]),
    of("Fly.io", &["fly.io"], &[40509]),
    of("GitHub", &["github"], &[36459]),
    of("Google", &["google"], &[15169, 16550, 19527, 36040, 36383, 36384, 36385, 36411, 36492, 41264, 43515, 45566, 139_070, 139_190, 394_089, 394_507, 394_639, 395_973, 396_178]),
    of("Google Cloud", &["google"], &[214_609, 214_611, 396_982]),
    of("Hetzner", &["hetzner"], &[24940, 212_317, 213_230, 215_859]),
    of("Hostinger", &["hostinger"], &[47583, 204_915]),
    of("Huawei Cloud", &["huawei"], &[55990, 136_907]),
    of("IBM Cloud", &["ibm"], &[36351]),
    of("Infomaniak", &["infomaniak"], &[29222]),
    of("IONOS", &["ionos"], &[8560]),
    of("Leaseweb", &["leaseweb"], &[7203, 16265, 19148, 27411, 28753, 30633, 32613, 38930, 59253, 60626, 60781, 133_752, 134_351, 136_988, 205_544, 393_886, 394_380, 395_954, 396_190, 396_362]),
    of("M247", &["m247"], &[9009, 16247, 33970, 42973, 51332]),
    of("Microsoft", &["microsoft"], &[3598, 5761, 8068, 8069, 8070, 8071, 8075, 12076, 17144, 30520, 35106, 45139, 46182, 54396, 58862, 63314, 200_517]),
    of("netcup", &["netcup"], &[197_540, 214_996]),
    of("Oracle", &["oracle"], &[1215, 1217, 1218, 1219, 3457, 6142, 11049, 11479, 11506, 14544, 15135, 15519, 18916, 20037, 20054, 24185, 33517, 34135, 38538, 46558, 52019, 54253, 64102, 200_705, 200_981, 206_209, 393_314, 393_773, 395_010]),
    of("Oracle Cloud", &["oracle"], &[31898]),
    of("OVHcloud", &["ovh"], &[16276, 35540]),
    of("Rackspace", &["rackspace"], &[12200, 15395, 19994, 24867, 27357, 33070, 33439, 39921, 44009, 45187, 54636, 58683, 198_220, 213_735, 213_740]),
    of("Scaleway", &["scaleway"], &[12876, 29447, 54265, 202_023]),
    of("Selectel", &["selectel"], &[49505, 50340, 61976]),
    of("Tencent Cloud", &["tencent"], &[45090, 132_203, 132_591, 133_478, 137_876]),
    of("UCloud", &["ucloud"], &[59077, 135_377, 139_327]),
    of("UpCloud", &["upcloud"], &[25697, 202_053]),
    of("Vultr", &["constant company"], &[11508, 20473, 46407, 54094]),
    of("Worldstream", &["worldstream"], &[8315, 25525, 28836, 49981, 214_313]),
    of("Yandex", &["yandex"], &[13238, 44534, 200_350, 210_656, 215_013]),
    // Content delivery
    of("Akamai", &["akamai"], &[12222, 16625, 17204, 18680, 18717, 20940, 21342, 24319, 26008, 31108, 31984, 32787, 33047, 33905, 34164, 35204, 35994, 36029, 36183, 43639, 49846, 55770, 200_005, 213_120, 393_234, 393_560]),
    of("bunny.net", &["bunnyway"], &[200_325]),
    of("CDNetworks", &["cdnetworks"], &[36408, 38107]),
    of("Cloudflare", &["cloudflare"], &[13335, 14789, 132_892, 139_242, 202_623, 203_898, 209_242, 394_536, 395_747, 400_095]),
    of("Datacamp (CDN77)", &["datacamp"], &[60068, 211_612, 212_238]),
    of("Fastly", &["fastly"], &[54113]),
    of("Gcore", &["g-core"], &[59245, 199_524, 202_422, 210_559]),
    of("Imperva", &["imperva", "incapsula"], &[14960, 19551, 62571]),
    of("Sucuri", &["sucuri"], &[30148]),
    // Services that servers and people call
    of("Adobe", &["adobe"], &[1313, 14365, 15224, 44786, 54995, 58664]),
    of("Apple", &["apple"], &[714, 6185]),
    of("Atlassian", &["atlassian"], &[133_530]),
    of("Automattic (WordPress.com)", &["automattic"], &[2635]),
    of("Canonical (Ubuntu)", &["canonical"], &[41231]),
    of("Cisco Umbrella (OpenDNS)", &["opendns"], &[25605, 36692]),
    of("Cisco Webex", &["webex"], &[13445, 26152, 399_937]),
    of("Dropbox", &["dropbox"], &[19679, 54372, 393_874]),
    of("Meta", &["facebook"], &[32934, 54115, 63293, 149_642]),
    of("Netflix", &["netflix"], &[2906, 40027, 55095]),
    of("New Relic", &["new relic"], &[23467, 206_998]),
    of("Okta", &["okta"], &[19745]),
    of("Quad9", &["quad9"], &[19281, 213_597, 398_891]),
    of("Salesforce", &["salesforce"], &[14340, 22606, 393_517, 394_808, 396_417]),
    of("SAP", &["sap se"], &[3271, 12510, 35039, 200_291, 201_807, 203_080, 204_227, 205_356, 211_536, 212_794]),
    of("ServiceNow", &["servicenow"], &[16839, 397_182]),
    of("Shopify", &["shopify"], &[62679, 63408]),
    of("Splunk", &["splunk"], &[22024, 136_265, 207_505]),
    of("Telegram", &["telegram"], &[44907, 59930, 62014, 62041, 211_157]),
    of("TikTok (ByteDance)", &["tiktok", "bytedance"], &[11983, 138_699, 396_986]),
    of("Twilio", &["twilio", "sendgrid"], &[11377, 44109, 394_434]),
    of("Wikimedia", &["wikimedia"], &[11820, 14907]),
    of("X (Twitter)", &["twitter"], &[13414, 35995, 63179]),
    of("Zoom", &["zoom video"], &[30103]),
    // Security services
    of("Barracuda", &["barracuda"], &[15324]),
    of("Cato Networks", &["cato"], &[13150, 138_627]),
    of("CrowdStrike", &["crowdstrike"], &[40450, 59567, 401_435]),
    of("Fortinet", &["fortinet"], &[40934, 53928, 200_589]),
    of("Mimecast", &["mimecast"], &[30031, 33538, 37235, 39588, 42427, 60492, 136_792, 208_638, 397_726]),
    of("Netskope", &["netskope"], &[55256]),
    of("Palo Alto Networks", &["palo alto networks"], &[2763, 54538, 64280, 396_421]),
    of("Proofpoint", &["proofpoint"], &[13916, 22843, 26211, 52129]),
    of("Zscaler", &["zscaler"], &[22616, 53444, 53813, 62044, 62907]),
    // Scanners that say so
    of("Alpha Strike Labs (scanner)", &["alpha strike"], &[42969, 208_843, 215_778]),
    of("Censys (scanner)", &["censys"], &[398_324, 398_705, 398_722]),
    of("Driftnet (scanner)", &["driftnet"], &[211_298]),
    of("Modat (scanner)", &["modat"], &[209_334]),
    of("ONYPHE (scanner)", &["onyphe"], &[213_412]),
    of("Qualys (scanner)", &["qualys"], &[27385]),
    of("Rapid7 (scanner)", &["rapid7"], &[395_213]),
    of("Shadowserver (scanner)", &["shadowserver"], &[22168]),
    of("Tenable (scanner)", &["tenable"], &[395_671, 396_222]),
];
