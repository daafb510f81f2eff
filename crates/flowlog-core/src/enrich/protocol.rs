//! Names of IP protocols.

use crate::flow::Protocol;

/// Every assigned number of the IANA registry "Assigned Internet Protocol Numbers" (RFC 5237), in
/// order. Names are its keywords, or its description where it has none, except for three: 27 is
/// not "RDP", which on these networks is Remote Desktop; 58 and 89 have the names in use (`ICMPv6`
/// for `IPv6-ICMP`, `OSPF` for `OSPFIGP`). 253 and 254 are for experiments (RFC 3692).
const NAMES: &[(u8, &str)] = &[
    (0, "HOPOPT"),
    (1, "ICMP"),
    (2, "IGMP"),
    (3, "GGP"),
    (4, "IPv4"),
    (5, "ST"),
    (6, "TCP"),
    (7, "CBT"),
    (8, "EGP"),
    (9, "IGP"),
    (10, "BBN-RCC-MON"),
    (11, "NVP-II"),
    (12, "PUP"),
    (13, "ARGUS"),
    (14, "EMCON"),
    (15, "XNET"),
    (16, "CHAOS"),
    (17, "UDP"),
    (18, "MUX"),
    (19, "DCN-MEAS"),
    (20, "HMP"),
    (21, "PRM"),
    (22, "XNS-IDP"),
    (23, "TRUNK-1"),
    (24, "TRUNK-2"),
    (25, "LEAF-1"),
    (26, "LEAF-2"),
    (27, "Reliable-Data"),
    (28, "IRTP"),
    (29, "ISO-TP4"),
    (30, "NETBLT"),
    (31, "MFE-NSP"),
    (32, "MERIT-INP"),
    (33, "DCCP"),
    (34, "3PC"),
    (35, "IDPR"),
    (36, "XTP"),
    (37, "DDP"),
    (38, "IDPR-CMTP"),
    (39, "TP++"),
    (40, "IL"),
    (41, "IPv6"),
    (42, "SDRP"),
    (43, "IPv6-Route"),
    (44, "IPv6-Frag"),
    (45, "IDRP"),
    (46, "RSVP"),
    (47, "GRE"),
    (48, "DSR"),
    (49, "BNA"),
    (50, "ESP"),
    (51, "AH"),
    (52, "I-NLSP"),
    (53, "SWIPE"),
    (54, "NARP"),
    (55, "Min-IPv4"),
    (56, "TLSP"),
    (57, "SKIP"),
    (58, "ICMPv6"),
    (59, "IPv6-NoNxt"),
    (60, "IPv6-Opts"),
    (61, "any host-internal protocol"),
    (62, "CFTP"),
    (63, "any local network"),
    (64, "SAT-EXPAK"),
    (65, "KRYPTOLAN"),
    (66, "RVD"),
    (67, "IPPC"),
    (68, "any distributed file system"),
    (69, "SAT-MON"),
    (70, "VISA"),
    (71, "IPCV"),
    (72, "CPNX"),
    (73, "CPHB"),
    (74, "WSN"),
    (75, "PVP"),
    (76, "BR-SAT-MON"),
    (77, "SUN-ND"),
    (78, "WB-MON"),
    (79, "WB-EXPAK"),
    (80, "ISO-IP"),
    (81, "VMTP"),
    (82, "SECURE-VMTP"),
    (83, "VINES"),
    (84, "IPTM"),
    (85, "NSFNET-IGP"),
    (86, "DGP"),
    (87, "TCF"),
    (88, "EIGRP"),
    (89, "OSPF"),
    (90, "Sprite-RPC"),
    (91, "LARP"),
    (92, "MTP"),
    (93, "AX.25"),
    (94, "IPIP"),
    (95, "MICP"),
    (96, "SCC-SP"),
    (97, "ETHERIP"),
    (98, "ENCAP"),
    (99, "any private encryption scheme"),
    (100, "GMTP"),
    (101, "IFMP"),
    (102, "PNNI"),
    (103, "PIM"),
    (104, "ARIS"),
    (105, "SCPS"),
    (106, "QNX"),
    (107, "A/N"),
    (108, "IPComp"),
    (109, "SNP"),
    (110, "Compaq-Peer"),
    (111, "IPX-in-IP"),
    (112, "VRRP"),
    (113, "PGM"),
    (114, "any 0-hop protocol"),
    (115, "L2TP"),
    (116, "DDX"),
    (117, "IATP"),
    (118, "STP"),
    (119, "SRP"),
    (120, "UTI"),
    (121, "SMP"),
    (122, "SM"),
    (123, "PTP"),
    (124, "IS-IS over IPv4"),
    (125, "FIRE"),
    (126, "CRTP"),
    (127, "CRUDP"),
    (128, "SSCOPMCE"),
    (129, "IPLT"),
    (130, "SPS"),
    (131, "PIPE"),
    (132, "SCTP"),
    (133, "FC"),
    (134, "RSVP-E2E-IGNORE"),
    (135, "Mobility Header"),
    (136, "UDPLite"),
    (137, "MPLS-in-IP"),
    (138, "manet"),
    (139, "HIP"),
    (140, "Shim6"),
    (141, "WESP"),
    (142, "ROHC"),
    (143, "Ethernet"),
    (144, "AGGFRAG"),
    (145, "NSH"),
    (146, "Homa"),
    (147, "BIT-EMU"),
    (253, "experiment"),
    (254, "experiment"),
];

/// What the names are of: IANA dates no single number, so the highest that is assigned says how new they are.
pub fn protocol_data() -> String {
    let highest = NAMES.iter().map(|(number, _)| number).rfind(|number| **number < 253);
    format!("IANA protocol numbers up to {}", highest.copied().unwrap_or_default())
}

/// The name of an IP protocol, e.g. `TCP` or `ESP`; `None` for a number that is not assigned.
///
/// ```
/// use flowlog_core::{enrich::protocol_name, flow::Protocol};
/// assert_eq!(protocol_name(Protocol::TCP), Some("TCP"));
/// assert_eq!(protocol_name(Protocol(200)), None);
/// ```
pub fn protocol_name(protocol: Protocol) -> Option<&'static str> {
    let index = NAMES.binary_search_by_key(&protocol.0, |&(number, _)| number).ok()?;
    NAMES.get(index).map(|&(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::{NAMES, protocol_data, protocol_name};
    use crate::flow::Protocol;

    #[test]
    fn protocols_of_azure_networks_have_their_names() {
        let cases = [
            (Protocol::ICMP, "ICMP"),
            (Protocol(4), "IPv4"),
            (Protocol::TCP, "TCP"),
            (Protocol::UDP, "UDP"),
            (Protocol(41), "IPv6"),
            (Protocol(47), "GRE"),
            (Protocol(50), "ESP"),
            (Protocol(51), "AH"),
            (Protocol::ICMPV6, "ICMPv6"),
            (Protocol(89), "OSPF"),
            (Protocol(112), "VRRP"),
            (Protocol::SCTP, "SCTP"),
            (Protocol(137), "MPLS-in-IP"),
        ];
        for (protocol, name) in cases {
            assert_eq!(protocol_name(protocol), Some(name), "{protocol}");
        }
    }

    #[test]
    fn unassigned_numbers_have_no_name() {
        for number in [148, 200, 252, 255] {
            assert_eq!(protocol_name(Protocol(number)), None, "{number}");
        }
    }

    #[test]
    fn the_table_is_sorted_and_each_number_stands_once() {
        assert!(NAMES.is_sorted_by(|a, b| a.0 < b.0));
        assert_eq!(NAMES.len(), 150);
        assert_eq!(protocol_data(), "IANA protocol numbers up to 147");
    }
}
