//! The data that every peer keeps: a VimbisoPay session of 655 bytes as JSON.

use serde_json::json;
use vimbiso_state::vimbisopay::Data;

pub const BYTES: usize = 655;

/// Data in the middle of a conversation, padded to its size by the account's name.
pub fn data() -> Data {
    let with_name = |name: &str| -> Data {
        serde_json::from_value(json!({
            "profile": {"member": {
                "memberID": "8f2f1d9e-6f0a-4a0c-9a53-8f1f6d3f7c11",
                "firstname": "Tariro", "lastname": "Moyo", "memberHandle": "tariro_moyo",
                "defaultDenom": "USD", "memberTier": 2, "remainingAvailableUSD": 42.5
            }},
            "current_account": {
                "accountID": "0b0a4d3c-3a51-4a64-8a2b-6a2f5b9f1f42", "accountName": name,
                "accountHandle": "tariro_moyo", "defaultDenom": "USD", "isOwnedAccount": true,
                "balanceData": {
                    "securedNetBalancesByDenom": ["99.76 USD"],
                    "unsecuredBalancesInDefaultDenom": {
                        "totalPayables": "0.00 USD", "totalReceivables": "0.00 USD",
                        "netPayRec": "0.00 USD"
                    },
                    "netCredexAssetsInDefaultDenom": "99.76 USD"
                }
            },
            "page_number": 1
        }))
        .expect("data of the specification")
    };
    let size = |data: &Data| serde_json::to_string(data).expect("data is JSON").len();
    let short = BYTES - size(&with_name(""));
    let data = with_name(&"x".repeat(short));
    assert_eq!(size(&data), BYTES);
    data
}
