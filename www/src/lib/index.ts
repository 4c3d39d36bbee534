/**
 * Zero-knowledge proofs of what a model says about private data, made in the browser.
 *
 * ```ts
 * const session = await ProvingSession.create({ model: "model.hush", srs: "dev.srs" });
 * const { proof, outputs } = await session.prove({ record: [17.14, 16.4, …] }, { context });
 * const ok = await verify({ vk: "model.vk", proof, context });
 * ```
 *
 * Of a model with a committed input whoever verifies sees a commitment to the record, which an issuer has signed:
 *
 * ```ts
 * const { opening, commitment } = await commit({ schema: session.info.inputs[0].schema, record });
 * const { proof } = await session.prove({ opening, credential }, { request });
 * const ok = await verify({ vk: "model.vk", proof, request, issuerKeys });
 * ```
 */
export type { Accuracy, Arithmetic, Attestation, Committed, CompileReport, OnnxInfo, OutputAccuracy, Port, SrsOrigin, Target, Transcript, Visibility } from "./boundary.js";
export type { CallOptions } from "./bridge.js";
export { compileModel, ModelCompiler, type Compiled, type CompilerOptions, type CompileModelOptions, type CompileOptions, type Prediction, type ReadOptions, type WeightsVisibility } from "./compile.js";
export { commit, readSchema, type Commitment, type CommitOptions, type ExpectedModel, type ModelCommitment, type ModelOpening, type Opened, type Opening, type Schema, type SchemaInfo } from "./commitment.js";
export { verifyCredential, verifyManifest, type Credential, type CredentialOptions, type ExpectedIssuer, type KeySet, type Manifest, type ManifestOptions } from "./credential.js";
export type { Bytes, Source } from "./download.js";
export { isIsolated } from "./environment.js";
export { HushproofError, type ErrorDetails } from "./errors.js";
export { makeKeys, type Keys, type KeyOptions } from "./keys.js";
export type { ModuleOptions } from "./module.js";
export { newRequest, readRequest, type NewRequestOptions, type ProofRequest } from "./request.js";
export { predict, type PredictOptions } from "./predict.js";
export {
  ProvingSession,
  type Context,
  type ExpectedCommitments,
  type ExpectedContext,
  type ModelInfo,
  type Predicted,
  type Proved,
  type ProveOptions,
  type ProverOptions,
  type Request,
  type SessionOptions,
  type SessionVerifyOptions,
  type Verified,
} from "./session.js";
export { verify, verifyDetailed, type VerifyOptions } from "./verify.js";
export type { Inputs, NestedNumbers, NumberArray, Progress } from "./wasm.js";
