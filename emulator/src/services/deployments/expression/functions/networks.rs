//! Ranges of addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde_json::{Value, json};

use super::{Call, Maybe, count};
use crate::services::deployments::expression::evaluate::Problem;

/// A range of addresses: the first of them as a number, and how many of its bits are fixed.
struct Range {
    first: u128,
    fixed: u32,
    bits: u32,
}

impl Range {
    fn parse(text: &str) -> Option<Self> {
        let (address, fixed) = text.split_once('/')?;
        let (number, bits) = match address.parse().ok()? {
            IpAddr::V4(address) => (u128::from(address.to_bits()), 32),
            IpAddr::V6(address) => (address.to_bits(), 128),
        };
        let fixed: u32 = fixed.parse().ok().filter(|fixed| *fixed <= bits)?;
        let range = Self {
            first: 0,
            fixed,
            bits,
        };
        let first = number & !range.size_less_one();
        Some(Self { first, ..range })
    }

    fn size_less_one(&self) -> u128 {
        match self.bits - self.fixed {
            128 => u128::MAX,
            open => (1 << open) - 1,
        }
    }

    fn last(&self) -> u128 {
        self.first | self.size_less_one()
    }

    fn write(&self, number: u128) -> String {
        match self.bits {
            32 => u32::try_from(number)
                .map(Ipv4Addr::from_bits)
                .map_or_else(|_| String::new(), |address| address.to_string()),
            _ => Ipv6Addr::from_bits(number).to_string(),
        }
    }

    /// The part of that size at that place.
    fn part(&self, fixed: u32, at: u128) -> Option<Self> {
        if !(self.fixed..=self.bits).contains(&fixed) {
            return None;
        }
        let parts = fixed - self.fixed;
        if parts < 128 && at >> parts != 0 {
            return None;
        }
        let open = self.bits - fixed;
        let offset = if open == 128 { 0 } else { at << open };
        Some(Self {
            first: self.first | offset,
            fixed,
            bits: self.bits,
        })
    }

    /// The first and the last address that something can be given.
    fn usable(&self) -> (u128, u128) {
        if self.bits == 32 && self.fixed < 31 {
            (self.first + 1, self.last() - 1)
        } else {
            (self.first, self.last())
        }
    }
}

impl Call<'_> {
    pub(super) fn of_networks(&self, name: &str) -> Maybe {
        Some(match name {
            "parsecidr" => self.address_range().map(|range| self.describe(&range)),
            "cidrsubnet" => (|| {
                let range = self.address_range()?;
                let fixed = u32::try_from(self.size(1)?).unwrap_or(u32::MAX);
                let part = range.part(fixed, self.size(2)? as u128);
                let part = part.ok_or_else(|| count(self.function, "a size and a place within the range"))?;
                Ok(Value::from(format!("{}/{}", part.write(part.first), part.fixed)))
            })(),
            "cidrhost" => (|| {
                let range = self.address_range()?;
                let (first, last) = range.usable();
                let host = first.checked_add(self.size(1)? as u128);
                let host = host.filter(|host| *host <= last);
                let host = host.ok_or_else(|| count(self.function, "a place within the range"))?;
                Ok(Value::from(range.write(host)))
            })(),
            _ => return None,
        })
    }

    fn address_range(&self) -> Result<Range, Problem> {
        Range::parse(self.text(0)?).ok_or_else(|| count(self.function, "a range such as 10.0.0.0/16"))
    }

    fn describe(&self, range: &Range) -> Value {
        let (first, last) = range.usable();
        let mask = !range.size_less_one();
        let mask = if range.bits == 32 {
            mask & u128::from(u32::MAX)
        } else {
            mask
        };
        let mut parts = json!({
            "network": range.write(range.first),
            "netmask": range.write(mask),
            "firstUsable": range.write(first),
            "lastUsable": range.write(last),
            "cidr": range.fixed,
        });
        if range.bits == 32 {
            parts["broadcast"] = json!(range.write(range.last()));
        }
        parts
    }
}
