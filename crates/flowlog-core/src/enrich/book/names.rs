//! Names of addresses, from the files people have: CSV, and what the Azure CLI prints of NICs and virtual machines.

use serde_json::Value;

use super::LineError;
use crate::flow::Network;
use crate::text::escape;

/// Bytes of a name: a DNS name has 253.
const MOST_BYTES: usize = 253;
/// Heads of the column of addresses, and of that of names.
const ADDRESS_HEADS: [&str; 10] =
    ["address", "ip", "ip address", "ip_address", "ipaddress", "cidr", "network", "prefix", "subnet", "addr"];
const NAME_HEADS: [&str; 9] =
    ["name", "hostname", "host", "host name", "host_name", "vm", "computer", "label", "description"];

/// Addresses or networks with their names, in the order of the text.
///
/// # Errors
/// The line of the first mistake, and what is wrong there.
pub(super) fn parse(bytes: &[u8]) -> Result<Vec<(Network, String)>, LineError> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
        LineError::new(1 + lines(before), "this is not saved as UTF-8")
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let names = if text.trim_start().starts_with(['[', '{']) { json(text) } else { csv(text) }?;
    if names.is_empty() { Err(LineError::new(1, "no name stands here")) } else { Ok(names) }
}

fn lines(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}

/// Which columns hold what.
#[derive(Clone, Copy)]
struct Columns {
    address: usize,
    name: usize,
}

fn csv(text: &str) -> Result<Vec<(Network, String)>, LineError> {
    let first = text.lines().find(|line| !line.trim().is_empty() && !line.starts_with('#'));
    let first = first.unwrap_or_default();
    let delimiter = [b',', b';', b'\t'].into_iter().find(|sign| first.contains(char::from(*sign)));
    let mut reader = ::csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .comment(Some(b'#'))
        .delimiter(delimiter.unwrap_or(b','))
        .trim(::csv::Trim::All)
        .from_reader(text.as_bytes());
    let (mut names, mut columns) = (Vec::new(), None);
    for record in reader.records() {
        let record = record.map_err(|error| {
            LineError::new(line_at(text, error.position()), "this is no line of a CSV file")
        })?;
        let line = line_at(text, record.position());
        let cell = |column: usize| record.get(column).unwrap_or_default();
        let columns = if let Some(columns) = columns {
            columns
        } else {
            let (known, is_head) = head(&record).ok_or_else(|| LineError::new(line, HEAD))?;
            columns = Some(known);
            if is_head {
                continue;
            }
            known
        };
        let address = cell(columns.address);
        let network: Network = address
            .parse()
            .map_err(|error: crate::flow::NetworkError| LineError::new(line, error.to_string()))?;
        names.push((network, checked(cell(columns.name), address, line)?));
    }
    Ok(names)
}

/// The line in which a record begins: its position is that of the blank lines and comments before it.
fn line_at(text: &str, position: Option<&::csv::Position>) -> u64 {
    let Some(position) = position else { return 1 };
    let rest = usize::try_from(position.byte()).ok().and_then(|byte| text.get(byte..)).unwrap_or_default();
    let is_passed = |line: &&str| line.trim().is_empty() || line.starts_with('#');
    position.line() + rest.split_inclusive('\n').take_while(is_passed).count() as u64
}

const HEAD: &str = "no address or network stands here, and no column is called address and none name; give lines of \
                    ADDRESS,NAME, or the output of az network nic list or az vm list-ip-addresses";

/// The columns, going by the first line, and whether that is a head.
fn head(record: &::csv::StringRecord) -> Option<(Columns, bool)> {
    let is_network = |cell: &str| cell.parse::<Network>().is_ok();
    if let Some(address) = record.iter().position(is_network) {
        let name = record.iter().enumerate().position(|(place, _)| place != address).unwrap_or(address + 1);
        return Some((Columns { address, name }, false));
    }
    let find = |heads: &[&str]| {
        record.iter().position(|cell| heads.iter().any(|head| head.eq_ignore_ascii_case(cell)))
    };
    if let (Some(address), Some(name)) = (find(&ADDRESS_HEADS), find(&NAME_HEADS)) {
        return Some((Columns { address, name }, true));
    }
    // An address that is none is told as such.
    let first = record.get(0)?;
    let like = first.starts_with(|char: char| char.is_ascii_digit()) && first.contains(['.', ':']);
    like.then_some((Columns { address: 0, name: 1 }, false))
}

/// A name that can be shown anywhere.
fn checked(name: &str, address: &str, line: u64) -> Result<String, LineError> {
    if name.is_empty() {
        return Err(LineError::new(line, format!("{} has no name", escape(address, false))));
    }
    if name.len() > MOST_BYTES {
        return Err(LineError::new(line, format!("a name has at most {MOST_BYTES} bytes")));
    }
    let shown = escape(name, false);
    if shown != name {
        return Err(LineError::new(line, format!("{shown} holds characters that cannot be shown")));
    }
    Ok(name.to_owned())
}

const SHAPE: &str = "this is no output of az network nic list or az vm list-ip-addresses";

fn json(text: &str) -> Result<Vec<(Network, String)>, LineError> {
    let value: Value = serde_json::from_str(text).map_err(|error| {
        LineError::new(error.line() as u64, format!("this is no JSON: {}", words(&error)))
    })?;
    let list = value.get("value").unwrap_or(&value);
    let one = std::slice::from_ref(list);
    let entries = list.as_array().map_or(one, Vec::as_slice);
    let mut found = Found { text, names: Vec::new() };
    for entry in entries {
        if let Some(machine) = entry.get("virtualMachine").filter(|machine| machine.get("network").is_some())
        {
            found.machine(machine)?;
        } else if let Some(ends) = at(entry, &["ipConfigurations"]).and_then(Value::as_array) {
            found.nic(entry, ends)?;
        } else {
            return Err(LineError::new(1, SHAPE));
        }
    }
    Ok(found.names)
}

/// What is wrong, without the place.
fn words(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ").map_or(text.clone(), |(words, _)| words.to_owned())
}

/// A value of an object as the Azure CLI prints it, or as the management API does, below `properties`. Keys are written
/// in more than one way.
fn at<'v>(value: &'v Value, keys: &[&str]) -> Option<&'v Value> {
    let inside = [Some(value), value.get("properties")];
    inside.into_iter().flatten().filter_map(Value::as_object).find_map(|object| {
        let is_key = |key: &str| keys.iter().any(|wanted| wanted.eq_ignore_ascii_case(key));
        object.iter().find(|(key, _)| is_key(key)).map(|(_, value)| value)
    })
}

fn text_at<'v>(value: &'v Value, keys: &[&str]) -> Option<&'v str> {
    at(value, keys).and_then(Value::as_str).filter(|text| !text.is_empty())
}

struct Found<'t> {
    text: &'t str,
    names: Vec<(Network, String)>,
}

impl Found<'_> {
    /// An entry of `az vm list-ip-addresses`.
    fn machine(&mut self, machine: &Value) -> Result<(), LineError> {
        let name = text_at(machine, &["name"]).unwrap_or_default();
        let network = machine.get("network").unwrap_or(&Value::Null);
        let list = |key| network.get(key).and_then(Value::as_array).into_iter().flatten();
        let public = list("publicIpAddresses").filter_map(|public| text_at(public, &["ipAddress"]));
        let private = list("privateIpAddresses").filter_map(Value::as_str);
        private.chain(public).try_for_each(|address| self.push(address, name))
    }

    /// An entry of `az network nic list`: its virtual machine is better known than itself.
    fn nic(&mut self, nic: &Value, ends: &[Value]) -> Result<(), LineError> {
        let machine = at(nic, &["virtualMachine"]).and_then(|machine| text_at(machine, &["id"]));
        let machine = machine.and_then(|id| id.trim_end_matches('/').rsplit('/').next());
        let name = machine.or(text_at(nic, &["name"])).unwrap_or_default();
        for end in ends {
            let public = at(end, &["publicIPAddress"]).and_then(|public| text_at(public, &["ipAddress"]));
            for address in text_at(end, &["privateIPAddress"]).into_iter().chain(public) {
                self.push(address, name)?;
            }
        }
        Ok(())
    }

    fn push(&mut self, address: &str, name: &str) -> Result<(), LineError> {
        // The values come without their places.
        let line = |text: &str| {
            let byte = self.text.find(&format!("\"{text}\"")).unwrap_or_default();
            1 + lines(self.text.get(..byte).unwrap_or_default().as_bytes())
        };
        let network: Network = address
            .parse()
            .map_err(|error: crate::flow::NetworkError| LineError::new(line(address), error.to_string()))?;
        self.names.push((network, checked(name, address, line(address))?));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        let named = parse(text.as_bytes()).unwrap();
        named.iter().map(|(network, name)| format!("{network} {name}")).collect()
    }

    fn error(text: &str) -> String {
        let error = parse(text.as_bytes()).unwrap_err();
        format!("{}: {}", error.line, error.message)
    }

    #[test]
    fn a_csv_file_has_addresses_and_names_with_or_without_a_head() {
        let expected = ["10.0.0.4 db01", "10.1.0.0/16 spoke, west", "fd00::1 web"];
        for text in [
            "10.0.0.4,db01\n10.1.0.0/16,\"spoke, west\"\nfd00::1,web\n",
            "\u{feff}# our hosts\n\nAddress,Name\r\n10.0.0.4, db01\r\n10.1.0.0/16,\"spoke, west\"\r\nfd00::1,web",
            "site;name;IP\nx;db01;10.0.0.4\nx;spoke, west;10.1.0.0/16\nx;web;fd00::1\n",
            "db01\t10.0.0.4\nspoke, west\t10.1.0.0/16\nweb\tfd00::1\n",
        ] {
            assert_eq!(names(text), expected, "{text}");
        }
    }

    #[test]
    fn slips_are_told_with_their_line() {
        assert!(error("10.0.0.4,db01\n10.0.0.300,web\n").starts_with("2: \"10.0.0.300\" is no IP address"));
        assert!(error("10.0.0.300,web\n").starts_with("1: \"10.0.0.300\" is no IP address"));
        assert!(error("ip,name\n\n10.0.0.0/33,web\n").starts_with("3: /33 is no prefix length"));
        assert_eq!(error("10.0.0.4,db01\n10.0.0.5\n"), "2: 10.0.0.5 has no name");
        assert!(error("who,what\n10.0.0.4,x\n").starts_with("1: no address or network stands here"));
        assert_eq!(error("10.0.0.4,a\u{1b}[2J\n"), "1: a\\u{1b}[2J holds characters that cannot be shown");
        assert_eq!(error(""), "1: no name stands here");
        let latin = parse(b"10.0.0.4,a\n10.0.0.5,\xe9\n").unwrap_err();
        assert_eq!((latin.line, latin.message.as_str()), (2, "this is not saved as UTF-8"));
    }

    #[test]
    fn the_azure_cli_tells_names_of_nics_and_machines() {
        let nics = r#"[
            {"name": "db01-nic", "virtualMachine": {"id": "/s/providers/Microsoft.Compute/virtualMachines/db01"},
             "ipConfigurations": [{"name": "ipconfig1", "privateIPAddress": "10.0.0.4",
                                   "publicIPAddress": {"id": "/s/publicIPAddresses/p"}},
                                  {"privateIpAddress": "10.0.0.5", "publicIpAddress": {"ipAddress": "203.0.113.9"}}]},
            {"name": "spare-nic", "virtualMachine": null, "ipConfigurations": [{"privateIPAddress": "10.0.0.6"}]}]"#;
        assert_eq!(names(nics), ["10.0.0.4 db01", "10.0.0.5 db01", "203.0.113.9 db01", "10.0.0.6 spare-nic"]);
        let rest = r#"{"value": [{"name": "n", "properties": {"ipConfigurations": [
            {"properties": {"privateIPAddress": "10.0.0.7"}}]}}]}"#;
        assert_eq!(names(rest), ["10.0.0.7 n"]);
        let machines = r#"[{"virtualMachine": {"name": "web01", "resourceGroup": "rg", "network": {
            "privateIpAddresses": ["10.0.1.4"],
            "publicIpAddresses": [{"ipAddress": "203.0.113.7", "name": "web01-ip"}, {"ipAddress": null}]}}}]"#;
        assert_eq!(names(machines), ["10.0.1.4 web01", "203.0.113.7 web01"]);
    }

    #[test]
    fn other_json_is_refused() {
        assert_eq!(error(r#"[{"name": "vnet1", "subnets": []}]"#), format!("1: {SHAPE}"));
        assert!(error("[\n{\"name\": }]").starts_with("2: this is no JSON: expected value"));
        assert_eq!(error("[]"), "1: no name stands here");
        let wrong = "[{\"name\": \"n\",\n \"ipConfigurations\": [{\n\"privateIPAddress\": \"10.0.0\"}]}]";
        assert!(error(wrong).starts_with("3: \"10.0.0\" is no IP address"), "{}", error(wrong));
    }
}
