-- The warehouse of qid, version 2: evaluations that add windows until QiD is known as well as was asked for, and checkpoints
-- that were trained under compression or come compressed.

-- the standard error asked for; NULL where a number of windows was
ALTER TABLE evaluation ADD COLUMN qid_stderr_target_nats REAL CHECK (qid_stderr_target_nats > 0);
-- the windows that there would have been; NULL likewise
ALTER TABLE evaluation ADD COLUMN available_windows INTEGER CHECK (available_windows >= windows);
-- the evaluation that holds the checkpoint's loss in 16 bits, on windows of its own; NULL likewise
ALTER TABLE evaluation ADD COLUMN baseline_key TEXT;

-- how its weights are compressed as they are stored: gptq-w4-g128; NULL for plain ones
ALTER TABLE checkpoint ADD COLUMN stored_scheme TEXT;
-- bits per weight of the compression it was trained under
ALTER TABLE source ADD COLUMN native_bits ANY
    CHECK (native_bits IS NULL OR typeof(native_bits) IN ('integer', 'real') AND native_bits > 0);
-- bits per activation, likewise
ALTER TABLE source ADD COLUMN native_activation_bits INTEGER CHECK (native_activation_bits > 0);
-- the share of weights that are zero
ALTER TABLE source ADD COLUMN native_sparsity REAL CHECK (native_sparsity > 0 AND native_sparsity < 1);

DROP VIEW qid;
DROP VIEW qid_history;
DROP VIEW loss;
DROP VIEW origin;

-- one row per checkpoint with a source: the first in order of family, tokens and path, where it was found in several places
CREATE VIEW origin AS
SELECT
    checkpoint, family, step, tokens, phase, native_scheme, native_bits, native_activation_bits, native_sparsity, path
FROM (
    SELECT *, row_number() OVER (PARTITION BY checkpoint ORDER BY family, tokens IS NULL, tokens, path) AS place
    FROM source
)
WHERE place = 1;

-- one row per evaluation, baselines and all versions included, with what is known of its checkpoint;
-- an evaluation that stopped by itself has windows of its own: its loss is then that of the checkpoint's baseline plus its QiD,
-- so that losses compare among themselves; what it measured on its own windows stands in the table evaluation
CREATE VIEW loss AS
SELECT
    coalesce(origin.family, 'unknown') AS family,
    checkpoint.params_non_embedding AS params, -- N: non-embedding parameters
    checkpoint.params_total AS params_total,
    origin.step AS step,
    origin.tokens AS tokens, -- D: training tokens seen
    origin.phase AS phase, -- of the learning rate: annealed, unannealed, unknown
    coalesce(spec.scheme, origin.native_scheme, checkpoint.stored_scheme, 'dense') AS scheme,
    coalesce(spec.name, 'baseline') AS spec,
    coalesce(spec.bits, origin.native_bits) AS bits, -- P: nominal bits per weight; NULL where they are not quantized
    origin.native_activation_bits AS native_activation_bits,
    origin.native_sparsity AS native_sparsity,
    evaluation.bits_per_weight AS bits_per_weight, -- as stored, scales and zero points included
    shard.name AS shard,
    evaluation.context_tokens AS context,
    evaluation.windows AS windows,
    evaluation.score AS score, -- which tokens of a window count: all, second-half
    evaluation.scored_tokens AS scored_tokens,
    coalesce(baseline.loss_nats + evaluation.qid_nats, evaluation.loss_nats) AS loss, -- nats per scored token
    evaluation.perplexity AS perplexity, -- on the evaluation's own windows
    evaluation.checkpoint AS checkpoint,
    evaluation.key AS evaluation,
    evaluation.stage_version AS stage_version
FROM evaluation
JOIN checkpoint ON checkpoint.digest = evaluation.checkpoint
JOIN shard ON shard.digest = evaluation.shard
LEFT JOIN evaluation AS baseline ON baseline.key = evaluation.baseline_key
LEFT JOIN spec ON spec.name = evaluation.spec
LEFT JOIN origin ON origin.checkpoint = evaluation.checkpoint;

-- one row per evaluation of a compressed checkpoint, all versions included: see qid
CREATE VIEW qid_history AS
SELECT
    coalesce(origin.family, 'unknown') AS family,
    checkpoint.params_non_embedding AS params, -- N: non-embedding parameters
    checkpoint.params_total AS params_total,
    origin.step AS step,
    origin.tokens AS tokens, -- D: training tokens seen
    origin.phase AS phase, -- of the learning rate: annealed, unannealed, unknown
    spec.method AS method,
    spec.scheme AS scheme,
    spec.name AS spec,
    spec.bits AS bits, -- P: nominal bits per weight
    spec.group_size AS group_size, -- weights sharing a scale; NULL for a whole channel
    evaluation.bits_per_weight AS bits_per_weight, -- as stored, scales and zero points included
    shard.name AS shard,
    evaluation.context_tokens AS context,
    evaluation.windows AS windows, -- scored
    evaluation.available_windows AS available_windows, -- that there would have been; NULL where their number was asked for
    evaluation.qid_stderr_target_nats AS stderr_target, -- asked for; NULL likewise
    evaluation.score AS score, -- which tokens of a window count: all, second-half
    evaluation.baseline_loss_nats AS loss16, -- of the 16-bit baseline, nats per scored token
    evaluation.loss_nats AS loss,
    evaluation.qid_nats AS qid, -- loss - loss16 on the same tokens
    evaluation.qid_stderr_nats AS stderr,
    evaluation.kl_nats AS kl, -- mean KL divergence from the baseline's predictions
    evaluation.agreement AS agreement,
    checkpoint.vocabulary_size AS vocabulary_size,
    evaluation.checkpoint AS checkpoint,
    evaluation.key AS evaluation,
    evaluation.stage_version AS stage_version,
    row_number() OVER (
        PARTITION BY evaluation.checkpoint, evaluation.spec, evaluation.shard, evaluation.calibration_digest,
            evaluation.context_tokens, coalesce(evaluation.available_windows, evaluation.windows),
            evaluation.qid_stderr_target_nats, evaluation.score
        ORDER BY evaluation.stage_version DESC, evaluation.key
    ) AS age -- 1 for the latest version of a cell's evaluation
FROM evaluation
JOIN checkpoint ON checkpoint.digest = evaluation.checkpoint
JOIN shard ON shard.digest = evaluation.shard
JOIN spec ON spec.name = evaluation.spec
LEFT JOIN origin ON origin.checkpoint = evaluation.checkpoint;

-- one row per compressed evaluation: quantization-induced degradation, of each cell the latest version
CREATE VIEW qid AS
SELECT
    family, params, params_total, step, tokens, phase, method, scheme, spec, bits, group_size, bits_per_weight, shard,
    context, windows, available_windows, stderr_target, score, loss16, loss, qid, stderr, kl, agreement, checkpoint, evaluation
FROM qid_history
WHERE age = 1;
