//! Identifiers with their check characters: 统一社会信用代码 (GB 32100-2015), 注册号 (GS15-2006), and the old spellings.
//!
//! Every identifier is an injective function of the object's index, so that a world of any size has no accidental duplicate.
//! The body of every valid code begins with `MY`, which is not known to have been issued.

const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
const WEIGHTS: [u32; 17] = [
    1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28,
];
const INNER_WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];
const BODIES: u64 = 31_u64.pow(6);
const SERIALS: u64 = 10_000_000;
const COOPERATIVES: u64 = 1_000_000;

/// An 18-character 统一社会信用代码 with both check characters right, one for each `index` below 31^6. `prefix` is 登记管理部门
/// and 机构类别, `authority` the six digits of a division.
///
/// ```
/// assert_eq!(choucha::simulate::uscc("91", 130_433, 7).len(), 18);
/// ```
#[must_use]
pub fn uscc(prefix: &str, authority: u32, index: u64) -> String {
    let body = format!("MY{}", letters(scattered(index, BODIES), 6));
    let code = with_inner_check(prefix, authority, &body);
    let check = outer_check(&code);
    format!("{code}{check}")
}

/// A code of the Fujian pilot's shape: body `M000…`, inner check right, outer check wrong (genuine codes do that).
pub(super) fn uscc_m000(prefix: &str, number: u64) -> String {
    let code = with_inner_check(prefix, 350_211, &format!("M000{}", letters(number, 4)));
    let right = position(outer_check(&code));
    let wrong = char::from(ALPHABET[(right + 7) % 31]);
    format!("{code}{wrong}")
}

/// A 15-digit 注册号 with a right ISO 7064 MOD 11,10 check digit; `lead` is the first digit of the serial number.
pub(super) fn reg15(authority: u32, lead: char, index: u64) -> String {
    let region = u64::from(authority) + index / SERIALS;
    let digits = format!(
        "{region:06}{lead}{:07}",
        scattered(index % SERIALS, SERIALS)
    );
    let check = mod_11_10(&digits);
    format!("{digits}{check}")
}

/// A 15-digit 注册号 whose check digit is wrong.
pub(super) fn reg15_wrong(authority: u32, lead: char, index: u64) -> String {
    let mut number = reg15(authority, lead, index);
    let check = number
        .pop()
        .and_then(|digit| digit.to_digit(10))
        .expect("a registration number ends in a digit");
    number.push_str(&((check + 3) % 10).to_string());
    number
}

/// The 农民专业合作社 form of a 注册号: `NA` at places 7 and 8, `X` at the end.
pub(super) fn reg15_cooperative(authority: u32, index: u64) -> String {
    let region = u64::from(authority) + index / COOPERATIVES;
    format!(
        "{region:06}NA{:06}X",
        scattered(index % COOPERATIVES, COOPERATIVES)
    )
}

/// Whether `id` is a 注册号 that a spreadsheet takes for a number: 15 digits, the first not 0.
pub(super) fn is_digits15(id: &str) -> bool {
    id.len() == 15 && !id.starts_with('0') && id.bytes().all(|byte| byte.is_ascii_digit())
}

/// What a number cell keeps of a code of 18 digits: the first fifteen.
pub(super) fn cut_code(authority: u32, number: u64) -> f64 {
    format!("91{authority:06}{:07}000", 9_000_000 + number % 1_000_000)
        .parse()
        .expect("digits")
}

/// A 13-digit number from before the 15-digit standard.
pub(super) fn legacy13(authority: u32, index: u64) -> String {
    let region = u64::from(authority) + index / SERIALS;
    format!("{region:06}{:07}", scattered(index % SERIALS, SERIALS))
}

/// A bijection of 0 .. `modulus` onto itself for the moduli used here (the factor is coprime to 31, 2 and 5).
fn scattered(index: u64, modulus: u64) -> u64 {
    let mixed = (u128::from(index % modulus) * 613_612_907 + 48_271) % u128::from(modulus);
    u64::try_from(mixed).expect("below the modulus")
}

fn letters(mut number: u64, places: usize) -> String {
    let mut text = vec![b'0'; places];
    for place in text.iter_mut().rev() {
        *place = ALPHABET[usize::try_from(number % 31).expect("below 31")];
        number /= 31;
    }
    String::from_utf8(text).expect("the alphabet is ASCII")
}

fn with_inner_check(prefix: &str, authority: u32, body: &str) -> String {
    let sum: u32 = body
        .chars()
        .zip(INNER_WEIGHTS)
        .map(|(c, weight)| c.to_digit(36).unwrap_or(0) * weight)
        .sum();
    let check = match 11 - sum % 11 {
        10 => 'X',
        11 => '0',
        digit => char::from_digit(digit, 10).expect("one digit"),
    };
    format!("{prefix}{authority:06}{body}{check}")
}

fn outer_check(code: &str) -> char {
    let sum: u32 = code
        .chars()
        .zip(WEIGHTS)
        .map(|(c, weight)| value(c) * weight)
        .sum();
    char::from(ALPHABET[usize::try_from((31 - sum % 31) % 31).expect("below 31")])
}

fn position(c: char) -> usize {
    ALPHABET
        .iter()
        .position(|&known| char::from(known) == c)
        .expect("a character of the alphabet")
}

fn value(c: char) -> u32 {
    u32::try_from(position(c)).expect("below 31")
}

fn mod_11_10(digits: &str) -> u32 {
    let p = digits
        .chars()
        .filter_map(|c| c.to_digit(10))
        .fold(10, |p, digit| {
            let s = (digit + p) % 10;
            2 * (if s == 0 { 10 } else { s }) % 11
        });
    (11 - p) % 10
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn published_codes_have_these_check_characters() {
        for code in [
            "9144030071526726XG",
            "91330100799655058B",
            "91110000802100433B",
            "12440600MB2C07549J",
        ] {
            assert_eq!(
                outer_check(&code[..17]),
                code.chars().last().unwrap(),
                "{code}"
            );
            let authority = code[2..8].parse().unwrap();
            assert_eq!(
                with_inner_check(&code[..2], authority, &code[8..16]),
                code[..17],
                "{code}"
            );
        }
    }

    #[test]
    fn published_registration_numbers_have_these_check_digits() {
        for number in [
            "330000000036006",
            "330000000047893",
            "330000000076128",
            "110108000000016",
        ] {
            assert_eq!(
                mod_11_10(&number[..14]).to_string(),
                number[14..],
                "{number}"
            );
        }
    }

    #[test]
    fn the_fujian_shape_fails_the_outer_check_alone() {
        let code = uscc_m000("91", 5);
        assert_eq!(code.len(), 18);
        assert_ne!(outer_check(&code[..17]), code.chars().last().unwrap());
    }

    #[test]
    fn no_two_objects_share_an_identifier() {
        let n = 50_000;
        let codes: HashSet<_> = (0..n).map(|index| uscc("91", 130_433, index)).collect();
        let numbers: HashSet<_> = (0..n)
            .map(|index| reg15(130_433, '6', 9_980_000 + index))
            .collect();
        let cooperatives: HashSet<_> = (0..n)
            .map(|index| reg15_cooperative(130_433, 980_000 + index))
            .collect();
        assert_eq!(
            (codes.len(), numbers.len(), cooperatives.len()),
            (50_000, 50_000, 50_000)
        );
    }
}
