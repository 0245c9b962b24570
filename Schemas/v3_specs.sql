-- The warehouse of qid, version 3: specs can be chosen by what becomes zero, by rank and by the bits of inputs. All of it
-- stands in a spec's canonical JSON; the columns read it there, so specs recorded before have them too.

-- the share of weights, or of a factor's values, that become zero; NULL where none are made so
ALTER TABLE spec ADD COLUMN sparsity REAL GENERATED ALWAYS AS (
    iif(json_type(canonical, '$.sparse') = 'text',
        1.0 - CAST(json_extract(canonical, '$.sparse') AS REAL)
            / CAST(substr(json_extract(canonical, '$.sparse'), instr(json_extract(canonical, '$.sparse'), ':') + 1) AS REAL),
        json_extract(canonical, '$.sparse'))
) VIRTUAL;
-- 2:4 where of every 4 inputs of an output 2 are kept; NULL for zeros anywhere
ALTER TABLE spec ADD COLUMN sparsity_pattern TEXT GENERATED ALWAYS AS (
    iif(json_type(canonical, '$.sparse') = 'text', json_extract(canonical, '$.sparse'), NULL)
) VIRTUAL;
-- the dimensions that a low-rank form keeps, or, below 1, their share of all; NULL for other forms
ALTER TABLE spec ADD COLUMN rank ANY GENERATED ALWAYS AS (json_extract(canonical, '$.rank')) VIRTUAL;
-- bits of the quantized inputs of compressed layers; NULL where inputs are not quantized
ALTER TABLE spec ADD COLUMN activation_bits INTEGER GENERATED ALWAYS AS (json_extract(canonical, '$.activations')) VIRTUAL;

DROP VIEW qid;
DROP VIEW qid_history;
DROP VIEW loss;

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
    coalesce(spec.sparsity, origin.native_sparsity) AS sparsity, -- share of zeros that compression or training made
    coalesce(spec.activation_bits, origin.native_activation_bits) AS activation_bits, -- likewise; NULL where they are not quantized
    spec.rank AS rank, -- as in the table spec
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
    spec.sparsity AS sparsity, -- the share of zeros that the spec makes; NULL where it makes none
    spec.sparsity_pattern AS sparsity_pattern, -- 2:4 where the zeros have a pattern
    spec.rank AS rank, -- dimensions that a low-rank form keeps, or below 1 their share; NULL for other forms
    spec.activation_bits AS activation_bits, -- of the quantized inputs of compressed layers; NULL where they are not
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
    family, params, params_total, step, tokens, phase, method, scheme, spec, bits, group_size, sparsity,
    sparsity_pattern, rank, activation_bits, bits_per_weight, shard, context, windows, available_windows, stderr_target, score, loss16, loss, qid, stderr, kl, agreement, checkpoint, evaluation
FROM qid_history
WHERE age = 1;
