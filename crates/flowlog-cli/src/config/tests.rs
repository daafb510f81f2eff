use std::collections::BTreeSet;
use std::fs;

use super::file::KEYS;
use super::*;

/// Two folders with a file each, or none where the text is empty.
fn layers(person: &str, here: &str, env: &[(&str, &str)], args: &ConfigArgs) -> Result<Settings, String> {
    let folder = tempfile::tempdir().unwrap();
    let (home, work) = (folder.path().join("home"), folder.path().join("work"));
    for (place, text) in [(home.join("flowlog"), person), (work.clone(), here)] {
        fs::create_dir_all(&place).unwrap();
        if !text.is_empty() {
            fs::write(place.join(NAME), text).unwrap();
        }
    }
    let variable = if cfg!(windows) { "APPDATA" } else { "XDG_CONFIG_HOME" };
    let base = home.to_str().unwrap();
    let lookup = |name: &str| {
        let own = (name == variable).then(|| base.to_owned());
        own.or_else(|| env.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned()))
    };
    let told = |error: ConfigError| error.to_string().replace(folder.path().to_str().unwrap(), "");
    read(args, &lookup, &work).map_err(told)
}

fn here(text: &str) -> Result<Settings, String> {
    layers("", text, &[], &ConfigArgs::default())
}

#[test]
fn lists_add_up_and_of_single_values_the_last_counts() {
    let person = "internal = [\"10.0.0.0/8\"]\nservice_tags = \"tags.json\"\nstorage_account = \"logs1\"\n\
                  [beacon]\nlow = 0.5\nmedium = 0.6\n";
    let work = "internal = [\"hub=192.0.2.0/24\"]\nrules = [\"nsg.json\"]\n[beacon]\nlow = 0.7\n\
                [[suppress]]\nrule = \"*\"\nentity = \"10.0.0.4\"\nreason = \"known\"\nexpires = \"2027-01-01\"\n";
    let env = [("FLOWLOG_INTERNAL", "198.51.100.0/24, fd00::/8"), ("FLOWLOG_CONTAINER_NAME", "logs")];
    let read = layers(person, work, &env, &ConfigArgs::default()).unwrap();
    assert_eq!(read.thresholds.internal, ["10.0.0.0/8", "hub=192.0.2.0/24", "198.51.100.0/24", "fd00::/8"]);
    let beacon = &read.thresholds.beacon;
    assert!((beacon.low - 0.7).abs() < 1e-9 && (beacon.medium - 0.6).abs() < 1e-9);
    assert_eq!(read.suppressions.suppress.len(), 1);
    // Files lie beside the one that names them.
    assert!(read.service_tags.unwrap().ends_with("home/flowlog/tags.json"));
    assert!(read.rules[0].ends_with("work/nsg.json") && read.found.len() == 2);
    assert_eq!(
        (read.storage_account.as_deref(), read.container_name.as_deref()),
        (Some("logs1"), Some("logs"))
    );
    // Single values of the environment come last.
    let env = [("FLOWLOG_SERVICE_TAGS", "t.json")];
    let read = layers(person, "", &env, &ConfigArgs::default()).unwrap();
    assert_eq!(read.service_tags, Some("t.json".into()));
}

#[test]
fn no_file_and_other_files() {
    let wrong = "nothing = 1";
    let none = ConfigArgs { no_config: true, ..ConfigArgs::default() };
    assert_eq!(layers(wrong, wrong, &[], &none).unwrap(), Settings::default());
    let folder = tempfile::tempdir().unwrap();
    let named = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let config = vec![
        named("a", "storage_account = \"one\"\nrules = [\"r\"]"),
        named("b", "storage_account = \"two\""),
    ];
    let only = ConfigArgs { config, no_config: false };
    let read = layers(wrong, wrong, &[], &only).unwrap();
    assert_eq!((read.storage_account.as_deref(), read.found.len()), (Some("two"), 0));
    assert_eq!(read.rules, [folder.path().join("r")]);
    let missing = ConfigArgs { config: vec!["missing".into()], no_config: false };
    assert!(layers("", "", &[], &missing).unwrap_err().starts_with("missing: cannot be read: "));
}

#[test]
fn a_mistake_is_named_with_its_line_and_the_nearest_key() {
    for (text, told) in [
        ("internl = []", "line 1, column 1: there is no setting internl; did you mean internal?"),
        ("\n[beacons]\nlow = 1", "line 2, column 2: there is no setting beacons; did you mean beacon?"),
        ("[beacon]\n\n  lo = 1", "line 3, column 3: there is no limit beacon.lo; did you mean low?"),
        ("[beacon]\nlow = 2", "line 2, column 1: beacon.low is 2: allowed is a number from 0 to 1"),
        ("beacon.low = 2", "line 1, column 8: beacon.low is 2: allowed is a number from 0 to 1"),
        ("strobe = 3", "line 1, column 1: strobe is 3: allowed is a section with per_second, span_seconds"),
        ("internal = [\"10.0.0.0/8\",\n \"10.0.0.0/40\"]", "line 2, column 2: "),
        ("internal = 7", "line 1, column 12: invalid type: integer `7`, expected a sequence"),
        ("storage_account = \"https://x.example\"", "line 1, column 1: a storage account's name has 3 to 24"),
        ("\n[[suppress]]\nrule = \"*\"\n", "line 2, column 1: missing field `entity`"),
        ("[beacon]\nlow = 0.8 0.9", "line 2, column 7: "),
    ] {
        let error = here(text).unwrap_err();
        assert!(error.starts_with(&format!("/work/flowlog.toml, {told}")), "{text}: {error}");
    }
    let entry = |rule: &str| {
        format!("[[suppress]]\nrule = \"{rule}\"\nentity = \"*\"\nreason = \"r\"\nexpires = \"2027-01-01\"\n")
    };
    let error = here(&format!("{}\n{}", entry("*"), entry("beacons"))).unwrap_err();
    assert!(error.starts_with("/work/flowlog.toml, line 7, column 1: "), "{error}");
    let error = here("[slow_scan]\ntheta0 = 0.1\ntheta1 = 0.2\n").unwrap_err();
    assert_eq!(error, "/work/flowlog.toml: slow_scan.theta1 must be smaller than slow_scan.theta0");
    let env = [("FLOWLOG_INTERNAL", "10.0.0.0/40")];
    let error = layers("", "", &env, &ConfigArgs::default()).unwrap_err();
    assert!(error.starts_with("FLOWLOG_INTERNAL: "), "{error}");
}

/// The example of docs/config.md has every key there is, each limit with its default.
#[test]
fn the_page_has_every_key() {
    let page = include_str!("../../../../docs/config.md");
    let block = page.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let read = here(block).unwrap();
    let defaults = Thresholds { internal: read.thresholds.internal.clone(), ..Thresholds::default() };
    assert_eq!(read.thresholds, defaults, "the page gives defaults");
    let table: Table = block.parse().unwrap();
    let mut there = BTreeSet::new();
    for (key, value) in &table {
        match value {
            toml::Value::Table(keys) => there.extend(keys.keys().map(|limit| format!("{key}.{limit}"))),
            _ => drop(there.insert(key.clone())),
        }
    }
    let limits = Thresholds::sections()
        .into_iter()
        .flat_map(|(section, limits)| limits.into_iter().map(move |(limit, _)| format!("{section}.{limit}")));
    let known: BTreeSet<String> = KEYS.map(str::to_owned).into_iter().chain(limits).collect();
    assert_eq!(there, known);
    let variables = [
        "FLOWLOG_INTERNAL",
        "FLOWLOG_SERVICE_TAGS",
        "FLOWLOG_RULES",
        "FLOWLOG_CONTAINER_NAME",
        "FLOWLOG_LANG",
    ];
    for name in variables {
        assert!(page.contains(name), "{name}");
    }
}

#[test]
fn the_last_layer_says_the_language() {
    let args = ConfigArgs::default();
    assert_eq!(layers("lang = \"es\"\n", "", &[], &args).unwrap().lang.as_deref(), Some("es"));
    let env = [("FLOWLOG_LANG", "en")];
    assert_eq!(layers("lang = \"es\"\n", "", &env, &args).unwrap().lang.as_deref(), Some("en"));
    let slip = here("lang = \"eo\"\n").unwrap_err();
    assert!(slip.ends_with("line 1, column 1: there is no language eo; en and es are known"), "{slip}");
    let slip = layers("", "", &[("FLOWLOG_LANG", "eo")], &args).unwrap_err();
    assert!(slip.starts_with("FLOWLOG_LANG: "), "{slip}");
}

#[test]
fn csv_files_are_written_as_the_last_layer_says() {
    let read = layers(
        "csv_delimiter = \";\"\ncsv_bom = true\n",
        "csv_delimiter = \"tab\"\n",
        &[],
        &ConfigArgs::default(),
    );
    let read = read.unwrap();
    assert_eq!((read.csv_delimiter, read.csv_bom), (Some(b'\t'), Some(true)));
    let slip = here("internal = []\ncsv_delimiter = \"|\"\n").unwrap_err();
    assert!(slip.ends_with("flowlog.toml, line 2, column 1: it is , or ; or tab"), "{slip}");
}
