//! 已公布的抽查比例: ratios that offices have published, lowest class first, ready to be tried on another mix.

/// Ratios an office published.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Profile {
    /// Name in a job file.
    pub name: &'static str,
    /// Place and year.
    pub zh: &'static str,
    /// The same in English.
    pub en: &'static str,
    /// 抽查比例 per class; empty where only ranges were published.
    pub ratios: &'static [f64],
    /// Least ratio per class; empty for none.
    pub least: &'static [f64],
    /// Greatest ratio per class; empty for none.
    pub most: &'static [f64],
}

/// All profiles, by year.
pub const PROFILES: &[Profile] = &[
    Profile {
        name: "shandong-2017",
        zh: "山东 2017",
        en: "Shandong 2017",
        ratios: &[0.03, 0.10, 0.20, 1.0],
        least: &[],
        most: &[],
    },
    Profile {
        name: "henan-2021",
        zh: "河南 2021（省级登记企业）",
        en: "Henan 2021 (province-level registrants)",
        ratios: &[0.01, 0.02, 0.10, 0.30],
        least: &[],
        most: &[],
    },
    Profile {
        name: "bayannur-2022",
        zh: "内蒙古巴彦淖尔 2022",
        en: "Bayannur, Inner Mongolia, 2022",
        ratios: &[0.02, 0.05, 1.0, 1.0],
        least: &[],
        most: &[],
    },
    Profile {
        name: "lindian-2024",
        zh: "大庆市林甸县农业农村局 2024",
        en: "Lindian, Daqing, 2024",
        ratios: &[],
        least: &[0.0, 0.05, 0.21, 0.61],
        most: &[0.05, 0.20, 0.60, 1.0],
    },
    Profile {
        name: "xinhua-2024",
        zh: "沧州市新华区 2024（各类不低于3%）",
        en: "Xinhua, Cangzhou, 2024 (each class at least 3%)",
        ratios: &[],
        least: &[0.03, 0.03, 0.03, 0.03],
        most: &[],
    },
];

/// The profile called `name`.
#[must_use]
pub fn profile(name: &str) -> Option<&'static Profile> {
    PROFILES.iter().find(|profile| profile.name == name)
}
