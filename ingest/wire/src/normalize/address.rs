//! Client IP addresses. An address is checked and never kept, not even hashed: there are so few IPv4
//! addresses that a hash hides nothing.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use stratum_models::identifier::InvalidReason;

/// Whether `value` is an address of the public internet.
pub fn ip(value: &str) -> Result<(), InvalidReason> {
    let public = match value.parse::<IpAddr>().map_err(|_| InvalidReason::Malformed)? {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(mapped) => is_public_v4(mapped),
            None => is_public_v6(address),
        },
    };
    if public { Ok(()) } else { Err(InvalidReason::PrivateIp) }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [first, second, third, _] = address.octets();
    match (first, second) {
        // This network, private, loopback, multicast, reserved and broadcast.
        (0 | 10 | 127 | 224.., _) => false,
        // Carrier-grade NAT, link-local, private, benchmarks.
        (100, 64..=127) | (169, 254) | (172, 16..=31) | (192, 168) | (198, 18..=19) => false,
        // Protocol assignments and documentation.
        (192, 0) => third > 2 || third == 1,
        (198, 51) => third != 100,
        (203, 0) => third != 113,
        _ => true,
    }
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    // Global unicast is 2000::/3; documentation lies inside it.
    let global = segments[0] & 0xe000 == 0x2000;
    let documentation =
        segments[..2] == [0x2001, 0x0db8] || (segments[0] == 0x3fff && segments[1] < 0x1000);
    global && !documentation
}
