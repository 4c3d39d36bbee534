//! The prover's transcript, which also tells how far a proof is.

use std::io;

use halo2_proofs::transcript::{Blake2bWrite, Challenge255, Transcript, TranscriptWrite, TranscriptWriterBuffer};
use halo2curves::bn256::{Fr, G1Affine};

/// Called with the stage's name and the fraction of all stages that is done.
pub(super) type Progress<'a> = &'a mut dyn FnMut(&'static str, f64);

/// A Blake2b transcript that reports what is being written: `commit`, `quotient`, `open`.
pub(super) struct ProgressTranscript<'a> {
    inner: Blake2bWrite<Vec<u8>, G1Affine, Challenge255<G1Affine>>,
    progress: Progress<'a>,
    /// Points before the quotient, and in all.
    columns: usize,
    points: usize,
    written: usize,
}

impl<'a> ProgressTranscript<'a> {
    /// A transcript for a proof with `columns` committed columns (the random polynomial among them) and `points` points.
    pub(super) fn new(columns: usize, points: usize, progress: Progress<'a>) -> Self {
        Self { inner: Blake2bWrite::init(Vec::new()), progress, columns, points, written: 0 }
    }

    pub(super) fn finalize(self) -> Vec<u8> {
        self.inner.finalize()
    }
}

impl Transcript<G1Affine, Challenge255<G1Affine>> for ProgressTranscript<'_> {
    fn squeeze_challenge(&mut self) -> Challenge255<G1Affine> {
        self.inner.squeeze_challenge()
    }

    fn common_point(&mut self, point: G1Affine) -> io::Result<()> {
        self.inner.common_point(point)
    }

    fn common_scalar(&mut self, scalar: Fr) -> io::Result<()> {
        self.inner.common_scalar(scalar)
    }
}

impl TranscriptWrite<G1Affine, Challenge255<G1Affine>> for ProgressTranscript<'_> {
    fn write_point(&mut self, point: G1Affine) -> io::Result<()> {
        self.written += 1;
        let stage = match self.written {
            written if written < self.columns => "commit",
            written if written + 2 < self.points => "quotient",
            _ => "open",
        };
        (self.progress)(stage, self.written as f64 / self.points as f64);
        self.inner.write_point(point)
    }

    fn write_scalar(&mut self, scalar: Fr) -> io::Result<()> {
        self.inner.write_scalar(scalar)
    }
}
