//! Ranges of addresses that overlap, found without holding each against each.

use std::net::IpAddr;

use ipnet::IpNet;

/// The first and the last address, with which family they are of.
fn ends(range: IpNet) -> (bool, u128, u128) {
    let number = |address: IpAddr| match address {
        IpAddr::V4(address) => u128::from(address.to_bits()),
        IpAddr::V6(address) => address.to_bits(),
    };
    let is_v6 = matches!(range, IpNet::V6(_));
    (is_v6, number(range.network()), number(range.broadcast()))
}

/// Two of the ranges that have addresses in common, the earlier one first; each with what it belongs to.
pub(super) fn overlap<T: Copy>(ranges: &[(IpNet, T)]) -> Option<(usize, usize)> {
    let mut all: Vec<(bool, u128, u128, usize)> = ranges
        .iter()
        .enumerate()
        .map(|(index, (range, _))| {
            let (family, first, last) = ends(*range);
            (family, first, last, index)
        })
        .collect();
    all.sort_unstable();
    // Prefixes lie apart or inside each other, so that neighbours are enough.
    all.windows(2).find_map(|pair| {
        let [(family, _, last, one), (other_family, first, _, other)] = pair else {
            return None;
        };
        (family == other_family && first <= last).then(|| (*one.min(other), *one.max(other)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_overlap_where_one_is_in_the_other() {
        let of = |texts: &[&str]| -> Vec<(IpNet, ())> {
            let parse = |text: &&str| (text.parse().expect("a range"), ());
            texts.iter().map(parse).collect()
        };
        assert_eq!(
            overlap(&of(&["10.0.0.0/24", "10.0.1.0/24", "10.0.0.0/16"])),
            Some((0, 2))
        );
        assert_eq!(overlap(&of(&["10.0.1.0/24", "10.0.0.0/24"])), None);
        assert_eq!(overlap(&of(&["10.0.0.0/25", "10.0.0.0/25"])), Some((0, 1)));
        assert_eq!(overlap(&of(&["10.0.0.0/8", "fd00::/8"])), None);
    }
}
