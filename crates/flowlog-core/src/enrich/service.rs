//! Names of ports.

use std::sync::OnceLock;

use crate::flow::Protocol;

/// The IANA registry: lines `port name protocols`, sorted by port.
const REGISTRY: &str = include_str!("../../data/services.txt");

/// What the names were made from and when, as the registry's file says: `port-numbers 8.0.35 of 2026-09-17`.
pub fn service_data() -> &'static str {
    let mut comments = REGISTRY.lines().take_while(|line| line.starts_with('#'));
    let from = comments.find_map(|line| line.split_once(" from ")?.1.split(';').next());
    from.unwrap_or_default()
}

/// Ports whose registered name is not the one that engineers use, or which IANA gave to nobody:
/// port, protocols (letters as in the registry), name. Sorted by port.
///
/// An entry must be beyond dispute on a virtual network: registered owners that have died out
/// against products in every subnet. Ports that many products share (3000, 5000, 8000, 9000,
/// 9090, 9100) stay as registered.
const OVERRIDES: &[(u16, &str, &str)] = &[
    // The registry lists `http`, `www` and `www-http` for 80; the package keeps the last.
    (80, "tu", "http"),
    // 135 is DCE endpoint resolution, known by Microsoft's name.
    (135, "tu", "msrpc"),
    (445, "tu", "smb"),
    // The registry's first row is `ipps`, IPP over TLS on the same port.
    (631, "t", "ipp"),
    (853, "t", "dns-over-tls"),
    (853, "u", "dns-over-quic"),
    (1433, "tu", "mssql"),
    (1434, "tu", "mssql-browser"),
    // Registered to nCUBE; Oracle's listener.
    (1521, "t", "oracle-tns"),
    // RADIUS before RFC 2865, still spoken by NPS.
    (1645, "u", "radius-old"),
    (1646, "u", "radius-acct-old"),
    // Registered to NSJTP; Windows activation, azkms.core.windows.net.
    (1688, "t", "kms"),
    // Registered to eForward.
    (2181, "t", "zookeeper"),
    // Registered to NDL; Squid's default.
    (3128, "t", "http-proxy"),
    (3268, "t", "ldap-gc"),
    (3269, "t", "ldaps-gc"),
    (3389, "tu", "rdp"),
    // Registered first as `stun-behavior`.
    (3478, "tu", "stun"),
    // Registered to MICE; the default endpoint of SQL Server availability groups.
    (5022, "t", "mssql-mirroring"),
    // Registered to LXI.
    (5044, "t", "logstash-beats"),
    // Registered to Enterprise Security Agent.
    (5601, "t", "kibana"),
    // RFB is the protocol, VNC what everybody calls it.
    (5900, "t", "vnc"),
    (5901, "t", "vnc"),
    (5938, "tu", "teamviewer"),
    // WS-Management, as Windows names it.
    (5985, "t", "winrm"),
    (5986, "t", "winrm-tls"),
    // The registry's row is the range 6000-6063, which the package leaves out.
    (6000, "t", "x11"),
    // Azure Cache for Redis: its TLS port; not registered.
    (6380, "t", "redis-tls"),
    // Registered to Sun; the Kubernetes API server.
    (6443, "t", "kubernetes-api"),
    (6667, "t", "irc"),
    // Web Deploy; not registered.
    (8172, "t", "msdeploy"),
    // MikroTik; not registered.
    (8291, "t", "winbox"),
    (8443, "t", "https-alt"),
    // OTV is registered; Linux and flannel use it for VXLAN.
    (8472, "u", "vxlan-linux"),
    // Windows Server Update Services; not registered.
    (8530, "t", "wsus"),
    (8531, "t", "wsus-tls"),
    // Cassandra's native protocol, Azure Managed Instance included; not registered.
    (9042, "t", "cassandra"),
    // Registered to an IBM XML service.
    (9092, "t", "kafka"),
    // Registered to WAP.
    (9200, "t", "elasticsearch"),
    // Registered to VRACE; Elasticsearch node to node.
    (9300, "t", "elasticsearch-node"),
    // Registered to Palace; Splunk forwarders.
    (9997, "t", "splunk-forwarder"),
    // The kubelet; not registered.
    (10250, "t", "kubelet"),
    (15672, "t", "rabbitmq-admin"),
    // IBM Db2's default, not registered.
    (50000, "t", "db2"),
    // Not registered.
    (51820, "u", "wireguard"),
];

/// Names by protocol, each sorted by port.
#[derive(Default)]
struct Services {
    tcp: Vec<(u16, &'static str)>,
    udp: Vec<(u16, &'static str)>,
    sctp: Vec<(u16, &'static str)>,
    dccp: Vec<(u16, &'static str)>,
}

impl Services {
    /// Overrides come first, so that the stable sort and `dedup` leave them.
    fn load() -> Self {
        let mut services = Self::default();
        for &(port, protocols, name) in OVERRIDES {
            services.add(port, protocols, name);
        }
        for line in REGISTRY.lines() {
            let mut fields = line.split(' ');
            if let (Some(port), Some(name), Some(protocols)) =
                (fields.next().and_then(|port| port.parse().ok()), fields.next(), fields.next())
            {
                services.add(port, protocols, name);
            }
        }
        for names in [&mut services.tcp, &mut services.udp, &mut services.sctp, &mut services.dccp] {
            names.sort_by_key(|&(port, _)| port);
            names.dedup_by_key(|&mut (port, _)| port);
        }
        services
    }

    fn add(&mut self, port: u16, protocols: &str, name: &'static str) {
        for letter in protocols.bytes() {
            match letter {
                b't' => self.tcp.push((port, name)),
                b'u' => self.udp.push((port, name)),
                b's' => self.sctp.push((port, name)),
                b'd' => self.dccp.push((port, name)),
                _ => {}
            }
        }
    }
}

/// The service that listens on `port`, by the IANA registry (RFC 6335) and a short list of names
/// that engineers use instead. `None` for a protocol without ports and for a port of nobody.
///
/// The name says what a port is *for*; what runs there may be anything.
///
/// ```
/// use flowlog_core::{enrich::service_name, flow::Protocol};
/// assert_eq!(service_name(Protocol::TCP, 22), Some("ssh"));
/// assert_eq!(service_name(Protocol::ICMP, 22), None);
/// ```
pub fn service_name(protocol: Protocol, port: u16) -> Option<&'static str> {
    static SERVICES: OnceLock<Services> = OnceLock::new();
    let services = SERVICES.get_or_init(Services::load);
    let names = match protocol {
        Protocol::TCP => &services.tcp,
        // UDP-Lite shares UDP's ports (RFC 3828).
        Protocol::UDP | Protocol(136) => &services.udp,
        Protocol::SCTP => &services.sctp,
        Protocol(33) => &services.dccp,
        _ => return None,
    };
    let index = names.binary_search_by_key(&port, |&(port, _)| port).ok()?;
    names.get(index).map(|&(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::{OVERRIDES, REGISTRY, Services, service_name};
    use crate::flow::Protocol;

    #[test]
    fn well_known_ports_have_the_names_engineers_use() {
        let cases = [
            (Protocol::TCP, 21, "ftp"),
            (Protocol::TCP, 22, "ssh"),
            (Protocol::TCP, 23, "telnet"),
            (Protocol::TCP, 25, "smtp"),
            (Protocol::UDP, 53, "domain"),
            (Protocol::TCP, 80, "http"),
            (Protocol::UDP, 123, "ntp"),
            (Protocol::UDP, 161, "snmp"),
            (Protocol::TCP, 389, "ldap"),
            (Protocol::TCP, 443, "https"),
            (Protocol::UDP, 443, "https"),
            (Protocol::TCP, 445, "smb"),
            (Protocol::UDP, 500, "isakmp"),
            (Protocol::UDP, 514, "syslog"),
            (Protocol::TCP, 514, "shell"),
            (Protocol::TCP, 1433, "mssql"),
            (Protocol::TCP, 1688, "kms"),
            (Protocol::TCP, 3306, "mysql"),
            (Protocol::TCP, 3389, "rdp"),
            (Protocol::UDP, 3389, "rdp"),
            (Protocol::UDP, 4789, "vxlan"),
            (Protocol::TCP, 5432, "postgresql"),
            (Protocol::TCP, 5671, "amqps"),
            (Protocol::TCP, 5985, "winrm"),
            (Protocol::TCP, 6379, "redis"),
            (Protocol::TCP, 27017, "mongodb"),
            (Protocol::SCTP, 38412, "ng-control"),
            (Protocol(136), 53, "domain"),
        ];
        for (protocol, port, name) in cases {
            assert_eq!(service_name(protocol, port), Some(name), "{protocol}/{port}");
        }
    }

    #[test]
    fn ports_of_nobody_and_protocols_without_ports_have_no_name() {
        assert_eq!(service_name(Protocol::TCP, 0), None);
        assert_eq!(service_name(Protocol::TCP, 65535), None);
        assert_eq!(service_name(Protocol::ICMP, 80), None);
        assert_eq!(service_name(Protocol(47), 80), None);
        // Registered for UDP alone.
        assert_eq!(service_name(Protocol::TCP, 4789), None);
    }

    #[test]
    fn every_line_of_the_registry_is_read() {
        let letters = |rows: &mut dyn Iterator<Item = &str>| -> usize {
            rows.map(|row| row.rsplit(' ').next().map_or(0, str::len)).sum()
        };
        let registered = letters(&mut REGISTRY.lines().filter(|line| !line.starts_with('#')));
        let added = OVERRIDES
            .iter()
            .flat_map(|&(port, protocols, _)| protocols.chars().map(move |letter| (port, letter)))
            .filter(|&(port, letter)| {
                let row = format!("{port} ");
                !REGISTRY.lines().any(|line| {
                    line.starts_with(&row) && line.rsplit(' ').next().is_some_and(|all| all.contains(letter))
                })
            })
            .count();
        let services = Services::load();
        let loaded = services.tcp.len() + services.udp.len() + services.sctp.len() + services.dccp.len();
        assert!(registered > 11_000);
        assert_eq!(loaded, registered + added);
    }

    #[test]
    fn tables_are_sorted_and_each_port_stands_once() {
        let services = Services::load();
        for names in [&services.tcp, &services.udp, &services.sctp, &services.dccp] {
            assert!(names.is_sorted_by(|a, b| a.0 < b.0));
        }
        assert!(OVERRIDES.is_sorted_by(|a, b| a.0 <= b.0));
    }

    #[test]
    fn an_override_says_something_else_than_the_registry() {
        for (port, protocols, name) in OVERRIDES {
            for letter in protocols.chars() {
                let registered = REGISTRY.lines().any(|line| {
                    line.strip_prefix(&format!("{port} {name} ")).is_some_and(|to| to.contains(letter))
                });
                assert!(!registered, "{port} is {name} in the registry: drop the override");
            }
        }
    }

    #[test]
    fn names_can_be_printed_as_they_are() {
        let services = Services::load();
        for (port, name) in [services.tcp, services.udp, services.sctp, services.dccp].concat() {
            assert!(!name.is_empty() && name.bytes().all(|b| b.is_ascii_graphic()), "{port} {name}");
        }
    }
}
