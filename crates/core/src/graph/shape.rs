//! Shapes of tensors.

use serde::{Deserialize, Serialize};

/// Channels × height × width; a 1-D signal has height 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Shape {
    /// Number of planes.
    pub channels: usize,
    /// Rows of a plane.
    pub height: usize,
    /// Columns of a plane.
    pub width: usize,
}

impl Shape {
    /// A vector: `channels` planes of one value.
    pub const fn vector(channels: usize) -> Self {
        Self { channels, height: 1, width: 1 }
    }

    /// Values of one plane.
    pub const fn plane(&self) -> usize {
        self.height * self.width
    }

    /// Values of all planes.
    pub const fn len(&self) -> usize {
        self.channels * self.plane()
    }

    /// Whether there is no value.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether every plane is one value.
    pub const fn is_vector(&self) -> bool {
        self.height == 1 && self.width == 1
    }
}
