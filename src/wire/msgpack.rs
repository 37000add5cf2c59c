//! MessagePack (its specification of 2013, as rmp writes it): the very objects of the JSON, written down anew. There is no second vocabulary that could say something else.

use crate::auction::Refusal;

/// Values within values; a command has two.
const DEEPEST: usize = 16;

/// The MessagePack of a JSON text of ours.
pub fn from_json(json: &[u8]) -> Vec<u8> {
    let mut packed = Vec::with_capacity(json.len());
    let mut from = serde_json::Deserializer::from_slice(json);
    serde_transcode::transcode(&mut from, &mut rmp_serde::Serializer::new(&mut packed)).expect("JSON of ours is well-formed and not deep");
    packed
}

/// The JSON text of somebody's MessagePack.
pub fn to_json(packed: &[u8]) -> Result<String, Refusal> {
    let malformed = |why: String| Refusal::Malformed(format!("Not a command in MessagePack: {why}."));
    let mut json = Vec::with_capacity(packed.len() * 2);
    let mut from = rmp_serde::Deserializer::new(packed);
    from.set_max_depth(DEEPEST);
    serde_transcode::transcode(&mut from, &mut serde_json::Serializer::new(&mut json)).map_err(|error| malformed(error.to_string()))?;
    if !from.get_ref().is_empty() {
        return Err(malformed("there is something behind it".to_owned()));
    }
    String::from_utf8(json).map_err(|_| malformed("its text is not UTF-8".to_owned()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn what_goes_there_comes_back() {
        let message = json!({"type": "bid", "seq": 12, "at": 1_764_000_000_000_u64, "amount": -3, "f": 1.5, "none": null, "yes": true,
            "bidder": {"id": "ana", "name": "Añá 🎩"}, "list": [1, [2, {"x": []}]], "long": "x".repeat(70_000), "big": i64::MIN});
        let text = message.to_string();
        let packed = from_json(text.as_bytes());
        assert!(packed.len() < text.len());
        assert_eq!(rmp_serde::from_slice::<Value>(&packed).expect("well-formed"), message);
        assert_eq!(serde_json::from_str::<Value>(&to_json(&packed).expect("ours")).expect("JSON"), message);
    }

    #[test]
    fn what_is_none_is_refused_in_words() {
        let deep: Vec<u8> = [0x91; 1_000].into_iter().chain([0xc0]).collect();
        let cases: [(&str, &[u8]); 8] = [
            ("nothing", &[]),
            ("a reserved byte", &[0xc1]),
            ("a text that is cut", &[0xa5, b'a']),
            ("a huge text that is not there", &[0xdb, 0xff, 0xff, 0xff, 0xff]),
            ("a huge list that is not there", &[0xdd, 0xff, 0xff, 0xff, 0xff]),
            ("a huge map that is not there", &[0xdf, 0xff, 0xff, 0xff, 0xff]),
            ("depth", &deep),
            ("two values", &[0x80, 0x80]),
        ];
        for (what, packed) in cases {
            assert!(matches!(to_json(packed), Err(Refusal::Malformed(_))), "{what}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 10_000, ..ProptestConfig::default() })]

        #[test]
        fn whatever_comes_is_json_or_refused(packed in proptest::collection::vec(any::<u8>(), 0..64)) {
            if let Ok(json) = to_json(&packed) {
                prop_assert!(serde_json::from_str::<Value>(&json).is_ok(), "{}", json);
                prop_assert!(json.len() < 64 * 32, "it does not grow beyond measure");
            }
        }
    }
}
