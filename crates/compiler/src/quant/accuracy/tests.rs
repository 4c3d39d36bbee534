use hushproof_core::graph::{Part, Shape, ValueInfo};

use super::*;
