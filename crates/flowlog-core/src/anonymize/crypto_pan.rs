//! Crypto-PAn: prefix-preserving encryption of addresses.
//!
//! J. Xu, J. Fan, M. H. Ammar, S. B. Moon: "Prefix-Preserving IP Address Anonymization: Measurement-based Security
//! Evaluation and a New Cryptography-based Scheme", ICNP 2002. Each bit is flipped or not, as a pseudo-random
//! function of all bits before it says; so two addresses have as many first bits in common afterwards as before. The
//! function is the first bit of AES-128 over these bits, filled up with a secret pad. For IPv6 the same is
//! done to 128 bits.

use aes::Aes128;
use aes::cipher::{Block, BlockCipherEncrypt, KeyInit};

use super::KEY_BYTES;

/// Bits of the widest address.
const MOST_BITS: usize = 128;

#[derive(Clone)]
pub(super) struct CryptoPan {
    cipher: Aes128,
    pad: u128,
}

impl CryptoPan {
    /// The first half is the key of AES; the second, encrypted, is the pad: as the authors' own program has it.
    pub(super) fn new(key: &[u8; KEY_BYTES]) -> Self {
        let halves = u128::from_be_bytes(half(key, 0)).to_be_bytes();
        let cipher = Aes128::new(&halves.into());
        let mut pad: Block<Aes128> = half(key, KEY_BYTES / 2).into();
        cipher.encrypt_block(&mut pad);
        Self { cipher, pad: u128::from_be_bytes(pad.into()) }
    }

    /// Encrypts the bits from `kept` to `width` of an address of `width` bits, which stands at the upper end of
    /// `bits`; those before are left as they are and count.
    pub(super) fn encrypt(&self, bits: u128, kept: u32, width: u32) -> u128 {
        let mut blocks = [Block::<Aes128>::default(); MOST_BITS];
        let positions = kept..width.min(128);
        let blocks = blocks.get_mut(..positions.len()).unwrap_or_default();
        for (block, position) in blocks.iter_mut().zip(positions.clone()) {
            let before = !u128::MAX.checked_shr(position).unwrap_or(0);
            *block = (bits & before | self.pad & !before).to_be_bytes().into();
        }
        self.cipher.encrypt_blocks(blocks);
        blocks.iter().zip(positions).fold(bits, |bits, (block, position)| {
            let flip = u128::from(block.first().copied().unwrap_or_default() >> 7);
            bits ^ flip << (127 - position)
        })
    }
}

/// 16 bytes of a key.
fn half(key: &[u8; KEY_BYTES], from: usize) -> [u8; 16] {
    std::array::from_fn(|index| key.get(from + index).copied().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use super::*;
    use proptest::prelude::*;

    /// The key of the authors' sample program.
    const KEY: [u8; KEY_BYTES] = [
        21, 34, 23, 141, 51, 164, 207, 128, 19, 10, 91, 22, 73, 144, 125, 16, 216, 152, 143, 131, 121, 121,
        101, 39, 98, 87, 76, 45, 42, 132, 34, 2,
    ];

    /// Addresses of its sample trace, and what it makes of them.
    const SAMPLES: [(&str, &str); 24] = [
        ("128.11.68.132", "135.242.180.132"),
        ("129.118.74.4", "134.136.186.123"),
        ("130.132.252.244", "133.68.164.234"),
        ("141.223.7.43", "141.167.8.160"),
        ("141.233.145.108", "141.129.237.235"),
        ("152.163.225.39", "151.140.114.167"),
        ("156.29.3.236", "147.225.12.42"),
        ("165.247.96.84", "162.9.99.234"),
        ("166.107.77.190", "160.132.178.185"),
        ("192.102.249.13", "252.138.62.131"),
        ("192.215.32.125", "252.43.47.189"),
        ("192.233.80.103", "252.25.108.8"),
        ("192.41.57.43", "252.222.221.184"),
        ("193.150.244.223", "253.169.52.216"),
        ("195.205.63.100", "255.186.223.5"),
        ("198.200.171.101", "249.199.68.213"),
        ("198.26.132.101", "249.36.123.202"),
        ("198.36.213.5", "249.7.21.132"),
        ("205.188.147.153", "242.96.16.101"),
        ("205.188.248.25", "242.96.88.27"),
        ("24.0.250.221", "100.15.198.226"),
        ("38.15.67.68", "64.3.66.187"),
        ("4.3.88.225", "124.60.155.63"),
        ("64.39.15.238", "0.219.7.41"),
    ];

    fn v4(pan: &CryptoPan, address: Ipv4Addr) -> Ipv4Addr {
        let bits = pan.encrypt(u128::from(address.to_bits()) << 96, 0, 32) >> 96;
        Ipv4Addr::from_bits(u32::try_from(bits).unwrap())
    }

    #[test]
    fn the_authors_samples_come_out() {
        let pan = CryptoPan::new(&KEY);
        for (plain, expected) in SAMPLES {
            assert_eq!(v4(&pan, plain.parse().unwrap()).to_string(), expected, "{plain}");
        }
    }

    proptest! {
        #[test]
        fn common_prefixes_are_kept_exactly(key: [u8; 32], a: u128, other: u128, shared in 0_u32..=128, kept in 0_u32..=128) {
            let pan = CryptoPan::new(&key);
            // Two addresses that are likely to share a long prefix.
            let tail = u128::MAX.checked_shr(shared).unwrap_or(0);
            let b = a & !tail | other & tail;
            for width in [32_u32, 128] {
                let mask = !u128::MAX.checked_shr(width).unwrap_or(0);
                let (a, b, kept) = (a & mask, b & mask, kept.min(width));
                let (x, y) = (pan.encrypt(a, kept, width), pan.encrypt(b, kept, width));
                prop_assert_eq!((a ^ b).leading_zeros(), (x ^ y).leading_zeros());
                prop_assert_eq!((a ^ x) & !u128::MAX.checked_shr(kept).unwrap_or(0), 0);
                prop_assert_eq!(x & !mask, 0);
            }
        }
    }

    /// Made by a program of a few lines in Python, with OpenSSL's AES.
    #[test]
    fn ipv6_goes_the_same_way() {
        let pan = CryptoPan::new(&KEY);
        for (plain, expected) in [
            ("2001:db8::1", "4401:2bc:603f:d91d:27f:ff8e:e6f1:dc1e"),
            ("2603:1030:7::abcd", "400c:ec53:e038:243f:ff80:c00f:fef6:9055"),
        ] {
            let plain: Ipv6Addr = plain.parse().unwrap();
            assert_eq!(Ipv6Addr::from_bits(pan.encrypt(plain.to_bits(), 0, 128)).to_string(), expected);
        }
    }
}
