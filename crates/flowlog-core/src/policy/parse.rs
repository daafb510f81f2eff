//! NSGs from JSON: as the Azure CLI prints them, as the management API returns them (everything
//! below `properties`), as PowerShell prints them, or as resources of an ARM template.
//!
//! Keys are taken whatever their case; what a template computes is computed as far as exports need
//! it: `parameters('...')`, `variables('...')` and `concat(...)`.

use serde_json::{Map, Value};

use super::{Nsg, SecurityRule};
use crate::flow::{Direction, Protocol};

/// Why a file holds no rules to compare with.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// It is no JSON.
    #[error("is no JSON: {0}; {HELP}")]
    Json(#[from] serde_json::Error),
    /// It is JSON of something else.
    #[error("holds no network security group; {HELP}")]
    NoNsg,
}

const HELP: &str =
    "give the output of az network nsg show or az network nsg list, or an ARM template that holds the NSGs";
const NSG: &str = "microsoft.network/networksecuritygroups";

/// Reads every NSG of `json`.
///
/// # Errors
/// Text that is no JSON, or that holds no NSG.
pub fn parse(json: &[u8]) -> Result<Vec<Nsg>, PolicyError> {
    let json = json.strip_prefix(b"\xef\xbb\xbf").unwrap_or(json);
    let root: Value = serde_json::from_slice(json)?;
    let mut nsgs = Vec::new();
    match &root {
        Value::Array(items) => items.iter().filter_map(nsg).for_each(|nsg| nsgs.push(nsg)),
        Value::Object(object) => {
            if let Some(resources) = get(object, "resources").filter(|_| !has_rules(&root)) {
                Template(object).resources(resources, None, &mut nsgs);
            } else if let Some(Value::Array(items)) = get(object, "value") {
                items.iter().filter_map(nsg).for_each(|nsg| nsgs.push(nsg));
            } else {
                nsgs.extend(nsg(&root));
            }
        }
        _ => {}
    }
    if nsgs.is_empty() { Err(PolicyError::NoNsg) } else { Ok(nsgs) }
}

/// A key whatever its case.
fn get<'v>(object: &'v Map<String, Value>, key: &str) -> Option<&'v Value> {
    object
        .get(key)
        .or_else(|| object.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, value)| value))
}

/// A key of the object itself, or of its `properties`.
fn field<'v>(value: &'v Value, key: &str) -> Option<&'v Value> {
    let object = value.as_object()?;
    get(object, key).or_else(|| get(get(object, "properties")?.as_object()?, key))
}

fn text(value: &Value, key: &str) -> Option<String> {
    field(value, key)?.as_str().map(str::to_owned)
}

fn has_rules(value: &Value) -> bool {
    field(value, "securityRules").is_some() || field(value, "defaultSecurityRules").is_some()
}

fn nsg(value: &Value) -> Option<Nsg> {
    if !has_rules(value) {
        return None;
    }
    let mut rules = Vec::new();
    for (key, is_default) in [("securityRules", false), ("defaultSecurityRules", true)] {
        let list = field(value, key).and_then(Value::as_array).into_iter().flatten();
        rules.extend(list.filter_map(|rule| security_rule(rule, is_default)));
    }
    let id = text(value, "id");
    let named_by_id = || Some(id.as_deref()?.rsplit('/').next()?.to_owned());
    let name = text(value, "name").or_else(named_by_id)?;
    Some(Nsg { guid: text(value, "resourceGuid"), id, name, rules })
}

fn security_rule(value: &Value, is_default: bool) -> Option<SecurityRule> {
    let priority = field(value, "priority").and_then(Value::as_u64);
    let priority = priority.and_then(|priority| u32::try_from(priority).ok());
    let outbound = text(value, "direction")?.eq_ignore_ascii_case("outbound");
    let ends = |side: &str| {
        let mut ends = texts(value, &format!("{side}AddressPrefix"));
        ends.extend(texts(value, &format!("{side}AddressPrefixes")));
        let groups = field(value, &format!("{side}ApplicationSecurityGroups")).and_then(Value::as_array);
        let ids = groups.into_iter().flatten().filter_map(|group| text(group, "id"));
        ends.extend(ids.filter_map(|id| id.rsplit('/').next().map(str::to_owned)));
        ends
    };
    let mut ports = texts(value, "destinationPortRange");
    ports.extend(texts(value, "destinationPortRanges"));
    Some(SecurityRule {
        name: text(value, "name")?,
        priority,
        direction: if outbound { Direction::Outbound } else { Direction::Inbound },
        allows: text(value, "access")?.eq_ignore_ascii_case("allow"),
        protocol: text(value, "protocol").as_deref().and_then(protocol),
        sources: ends("source"),
        destinations: ends("destination"),
        ports: ports.iter().filter_map(|range| port_range(range)).collect(),
        is_default: is_default || priority.is_some_and(|priority| priority >= 65_000),
    })
}

/// One text or a list of them; a text may list several behind commas.
fn texts(value: &Value, key: &str) -> Vec<String> {
    let split = |text: &str| -> Vec<String> {
        text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
    };
    match field(value, key) {
        Some(Value::String(text)) => split(text),
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).flat_map(split).collect(),
        _ => Vec::new(),
    }
}

fn protocol(name: &str) -> Option<Protocol> {
    match name.to_ascii_lowercase().as_str() {
        "tcp" => Some(Protocol::TCP),
        "udp" => Some(Protocol::UDP),
        "icmp" => Some(Protocol::ICMP),
        "esp" => Some(Protocol(50)),
        "ah" => Some(Protocol(51)),
        number => number.parse().ok().map(Protocol),
    }
}

fn port_range(text: &str) -> Option<(u16, u16)> {
    if text == "*" {
        return Some((0, u16::MAX));
    }
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    Some((first.trim().parse().ok()?, last.trim().parse().ok()?))
}

/// The root of an ARM template.
struct Template<'v>(&'v Map<String, Value>);

impl Template<'_> {
    /// Collects the NSGs among `resources`, a list or (with symbolic names) an object; `parent` is
    /// the NSG they stand in, if they do.
    fn resources(&self, resources: &Value, parent: Option<&str>, nsgs: &mut Vec<Nsg>) {
        let list: Vec<&Value> = match resources {
            Value::Array(list) => list.iter().collect(),
            Value::Object(named) => named.values().collect(),
            _ => Vec::new(),
        };
        for resource in list {
            self.resource(resource, parent, nsgs);
        }
    }

    fn resource(&self, resource: &Value, parent: Option<&str>, nsgs: &mut Vec<Nsg>) {
        let Some(object) = resource.as_object() else { return };
        let kind = text(resource, "type").unwrap_or_default().to_ascii_lowercase();
        let name = self.evaluate(&text(resource, "name").unwrap_or_default());
        let rule_of = format!("{NSG}/securityrules");
        if kind == NSG {
            let found = entry(&name, nsgs);
            let list = field(resource, "securityRules").and_then(Value::as_array).into_iter().flatten();
            list.for_each(|rule| self.add(found, rule, None));
            if let Some(inner) = get(object, "resources") {
                self.resources(inner, Some(&name), nsgs);
            }
        } else if let (true, Some((nsg, rule))) = (kind == rule_of, name.rsplit_once('/')) {
            let found = entry(nsg, nsgs);
            self.add(found, resource, Some(rule));
        } else if let (true, Some(nsg)) = (kind == "securityrules" || kind == rule_of, parent) {
            let found = entry(nsg, nsgs);
            self.add(found, resource, Some(&name));
        } else if kind == "microsoft.resources/deployments" {
            let inner = field(resource, "template").and_then(Value::as_object);
            if let Some((inner, resources)) = inner.and_then(|inner| Some((inner, get(inner, "resources")?)))
            {
                Template(inner).resources(resources, None, nsgs);
            }
        }
    }

    /// Adds a rule; exports name each twice, in its NSG and as a resource of its own.
    fn add(&self, nsg: &mut Nsg, rule: &Value, name: Option<&str>) {
        let Some(mut rule) = security_rule(rule, false) else { return };
        rule.name = name.map_or_else(|| self.evaluate(&rule.name), str::to_owned);
        if !nsg.rules.iter().any(|known| known.name.eq_ignore_ascii_case(&rule.name)) {
            nsg.rules.push(rule);
        }
    }

    /// The value of an expression, or the text itself where that takes more than an export has.
    fn evaluate(&self, text: &str) -> String {
        let inner = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
        inner.and_then(|inner| self.value(inner, 0)).unwrap_or_else(|| text.to_owned())
    }

    fn value(&self, expression: &str, depth: u8) -> Option<String> {
        let expression = expression.trim();
        if depth > 8 {
            return None;
        }
        if let Some(quoted) = expression.strip_prefix('\'') {
            return quoted.strip_suffix('\'').map(str::to_owned);
        }
        let (function, arguments) = expression.split_once('(')?;
        let arguments = arguments.strip_suffix(')')?;
        match function.trim().to_ascii_lowercase().as_str() {
            "concat" => split_arguments(arguments).iter().map(|part| self.value(part, depth + 1)).collect(),
            "parameters" => {
                let name = self.value(arguments, depth + 1)?;
                let parameter = get(get(self.0, "parameters")?.as_object()?, &name)?;
                self.literal(get(parameter.as_object()?, "defaultValue")?, depth)
            }
            "variables" => {
                let name = self.value(arguments, depth + 1)?;
                self.literal(get(get(self.0, "variables")?.as_object()?, &name)?, depth)
            }
            _ => None,
        }
    }

    fn literal(&self, value: &Value, depth: u8) -> Option<String> {
        let text = value.as_str()?;
        match text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
            Some(inner) => self.value(inner, depth + 1),
            None => Some(text.to_owned()),
        }
    }
}

/// The NSG of this name, new if it has not been met.
fn entry<'n>(name: &str, nsgs: &'n mut Vec<Nsg>) -> &'n mut Nsg {
    let known = nsgs.iter().position(|nsg| nsg.name.eq_ignore_ascii_case(name));
    let place = known.unwrap_or_else(|| {
        nsgs.push(Nsg { id: None, guid: None, name: name.to_owned(), rules: Vec::new() });
        nsgs.len() - 1
    });
    &mut nsgs[place]
}

/// Splits at the commas that stand in no parentheses and no quotes.
fn split_arguments(text: &str) -> Vec<&str> {
    let (mut depth, mut quoted, mut start, mut parts) = (0_i32, false, 0, Vec::new());
    for (place, byte) in text.bytes().enumerate() {
        match byte {
            b'\'' => quoted = !quoted,
            b'(' if !quoted => depth += 1,
            b')' if !quoted => depth -= 1,
            b',' if !quoted && depth == 0 => {
                parts.extend(text.get(start..place));
                start = place + 1;
            }
            _ => {}
        }
    }
    parts.extend(text.get(start..));
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLI: &str = r#"{"id":"/subscriptions/s/resourceGroups/r/providers/Microsoft.Network/networkSecurityGroups/web",
        "name":"web","resourceGuid":"7a7b","type":"Microsoft.Network/networkSecurityGroups","securityRules":[
        {"name":"https","access":"Allow","direction":"Inbound","priority":100,"protocol":"Tcp","sourceAddressPrefix":"*",
         "sourceAddressPrefixes":[],"destinationAddressPrefix":"*","destinationPortRange":"443","destinationPortRanges":[]},
        {"name":"many","access":"Deny","direction":"Outbound","priority":200,"protocol":"*",
         "sourceAddressPrefixes":["10.0.0.0/24","10.0.1.0/24"],"destinationAddressPrefix":"Internet",
         "destinationPortRanges":["25","1000-1999"],"destinationApplicationSecurityGroups":[{"id":"/x/asg1"}]}],
        "defaultSecurityRules":[{"name":"DenyAllInBound","access":"Deny","direction":"Inbound","priority":65500,
         "protocol":"*","sourceAddressPrefix":"*","destinationAddressPrefix":"*","destinationPortRange":"*"}]}"#;

    fn names(json: &str) -> Vec<(String, Vec<String>)> {
        let nsgs = parse(json.as_bytes()).unwrap();
        let rules = |nsg: &Nsg| nsg.rules.iter().map(|rule| rule.name.clone()).collect();
        nsgs.iter().map(|nsg| (nsg.name.clone(), rules(nsg))).collect()
    }

    #[test]
    fn the_azure_cli_prints_rules_flat() {
        let nsg = &parse(CLI.as_bytes()).unwrap()[0];
        assert_eq!((nsg.name.as_str(), nsg.guid.as_deref(), nsg.rules.len()), ("web", Some("7a7b"), 3));
        let [https, many, deny] = nsg.rules.as_slice() else { panic!("three rules") };
        assert_eq!(
            (https.protocol, https.ports.as_slice(), https.allows),
            (Some(Protocol::TCP), &[(443, 443)][..], true)
        );
        assert_eq!(https.sources, ["*"]);
        assert_eq!((many.direction, many.protocol, many.port_count()), (Direction::Outbound, None, 1001));
        assert_eq!(many.sources, ["10.0.0.0/24", "10.0.1.0/24"]);
        assert_eq!(many.destinations, ["Internet", "asg1"]);
        assert!(deny.is_default && !https.is_default && deny.port_count() == 65_536);
        assert!(nsg.is_meant_by(
            "/SUBSCRIPTIONS/S/RESOURCEGROUPS/R/PROVIDERS/MICROSOFT.NETWORK/NETWORKSECURITYGROUPS/WEB"
        ));
        assert!(
            nsg.is_meant_by("7A7B") && !nsg.is_meant_by("/subscriptions/other/networkSecurityGroups/web")
        );
        assert_eq!(names(&format!("[{CLI},{CLI}]")).len(), 2);
        assert_eq!(names(&format!("\u{feff}{{\"value\":[{CLI}]}}")).len(), 1);
    }

    #[test]
    fn the_management_api_nests_everything_in_properties_and_powershell_writes_capitals() {
        let rest = r#"{"name":"web","id":"/x/web","properties":{"securityRules":[{"name":"ssh","properties":{
            "access":"Allow","direction":"Inbound","priority":110,"protocol":"TCP","sourceAddressPrefix":"Internet",
            "destinationAddressPrefix":"*","destinationPortRange":"22"}}],"defaultSecurityRules":[]}}"#;
        assert_eq!(names(rest), [("web".to_owned(), vec!["ssh".to_owned()])]);
        let powershell = r#"{"Name":"web","Id":"/x/web","SecurityRules":[{"Name":"ssh","Access":"Allow","Direction":"Inbound",
            "Priority":110,"Protocol":"TCP","SourceAddressPrefix":["10.0.0.0/8"],"DestinationPortRange":["22","23"]}]}"#;
        let nsg = &parse(powershell.as_bytes()).unwrap()[0];
        assert_eq!(
            (nsg.rules[0].port_count(), nsg.rules[0].sources.as_slice()),
            (2, &["10.0.0.0/8".to_owned()][..])
        );
    }

    #[test]
    fn an_exported_template_names_rules_twice_and_by_parameters() {
        let rule = r#"{"access":"Allow","direction":"Inbound","priority":110,"protocol":"TCP","sourceAddressPrefix":"*",
            "destinationAddressPrefix":"*","destinationPortRange":"22"}"#;
        let json = format!(
            r#"{{"$schema":"s","parameters":{{"networkSecurityGroups_web_name":{{"defaultValue":"web","type":"String"}}}},
            "variables":{{"db":"[concat('d', 'b')]"}},"resources":[
            {{"type":"Microsoft.Network/networkSecurityGroups","name":"[parameters('networkSecurityGroups_web_name')]",
              "properties":{{"securityRules":[{{"name":"ssh","properties":{rule}}}]}}}},
            {{"type":"Microsoft.Network/networkSecurityGroups/securityRules",
              "name":"[concat(parameters('networkSecurityGroups_web_name'), '/ssh')]","properties":{rule}}},
            {{"type":"Microsoft.Network/networkSecurityGroups/securityRules","name":"web/https","properties":{rule}}},
            {{"type":"Microsoft.Network/networkSecurityGroups","name":"[variables('db')]","properties":{{}},
              "resources":[{{"type":"securityRules","name":"sql","properties":{rule}}}]}},
            {{"type":"Microsoft.Network/networkSecurityGroups","name":"[uniqueString('x')]","properties":{{}}}},
            {{"type":"Microsoft.Network/virtualNetworks","name":"v","properties":{{}}}},
            {{"type":"Microsoft.Resources/deployments","name":"d","properties":{{"template":{{"resources":{{"a":
              {{"type":"Microsoft.Network/networkSecurityGroups","name":"inner","properties":{{"securityRules":[]}}}}}}}}}}}}]}}"#
        );
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(
            names(&json),
            [
                ("web".to_owned(), owned(&["ssh", "https"])),
                ("db".to_owned(), owned(&["sql"])),
                ("[uniqueString('x')]".to_owned(), vec![]),
                ("inner".to_owned(), vec![]),
            ]
        );
        assert!(parse(json.as_bytes()).unwrap()[0].is_meant_by("/a/b/networkSecurityGroups/WEB"));
    }

    #[test]
    fn other_files_are_refused() {
        let error = |json: &str| parse(json.as_bytes()).unwrap_err().to_string();
        assert!(
            error(r#"{"records":[]}"#).starts_with("holds no network security group; give the output of az")
        );
        assert!(error(r#"{"resources":[{"type":"Microsoft.Compute/disks"}]}"#).starts_with("holds no"));
        assert!(error("[1]").starts_with("holds no") && error("7").starts_with("holds no"));
        assert!(error("<html>").starts_with("is no JSON: "));
    }
}
