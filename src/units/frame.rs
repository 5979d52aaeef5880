//! 抽样框 as plain columns: what the plan counts and the draw tickets, a partition at a time.

/// Many ids in one allocation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ids {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Ids {
    /// Room for `n` ids of `bytes` bytes in all.
    #[must_use]
    pub fn with_capacity(n: usize, bytes: usize) -> Self {
        Self {
            bytes: Vec::with_capacity(bytes),
            ends: Vec::with_capacity(n),
        }
    }

    /// Appends an id.
    pub fn push(&mut self, id: &str) {
        self.bytes.extend_from_slice(id.as_bytes());
        self.ends.push(self.bytes.len());
    }

    /// The id at `index`.
    ///
    /// # Panics
    /// When `index` is not below [`Ids::len`].
    #[must_use]
    pub fn get(&self, index: usize) -> &str {
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        std::str::from_utf8(&self.bytes[start..self.ends[index]]).expect("ids are pushed as text")
    }

    /// The bytes of the id at `index`.
    ///
    /// # Panics
    /// When `index` is not below [`Ids::len`].
    #[must_use]
    pub fn bytes(&self, index: usize) -> &[u8] {
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        &self.bytes[start..self.ends[index]]
    }

    /// Number of ids.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no id.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }
}

impl<'a> FromIterator<&'a str> for Ids {
    fn from_iter<T: IntoIterator<Item = &'a str>>(ids: T) -> Self {
        let mut all = Self::default();
        ids.into_iter().for_each(|id| all.push(id));
        all
    }
}

/// One partition of the frame: three columns of equal length, rows in any order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FramePart {
    /// Normalised object ids.
    pub ids: Ids,
    /// Index of the object's stratum in the source's [`FrameSource::strata`].
    pub stratum: Vec<u32>,
    /// 规模度量: integer risk points, at least 1.
    pub size: Vec<u32>,
}

/// A partition that cannot be read; carries the reader's own error.
pub type Unreadable = Box<dyn std::error::Error + Send + Sync>;

/// A frame read a partition at a time; every pass must give the same rows.
pub trait FrameSource: Sync {
    /// Labels of the strata, strictly ascending; [`FramePart::stratum`] points into it.
    fn strata(&self) -> &[String];

    /// Number of partitions.
    fn n_parts(&self) -> usize;

    /// Reads partition `part`.
    ///
    /// # Errors
    /// When the partition cannot be read.
    fn part(&self, part: usize) -> Result<FramePart, Unreadable>;
}
