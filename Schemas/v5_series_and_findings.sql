-- The warehouse of qid, version 5: which training run a checkpoint is of, where its D comes from, where its learning rate
-- stood, and what is wrong or doubtful about the places of archives.

DROP VIEW qid;
DROP VIEW qid_history;
DROP VIEW loss;
DROP VIEW origin;

ALTER TABLE source RENAME TO source_of_version_4;

-- one row per place in an archive at which a checkpoint was found, with what is known of its training there;
-- a statement about an archive and no measurement: recording the place again with other facts replaces it
CREATE TABLE source (
    checkpoint TEXT NOT NULL REFERENCES checkpoint (digest),
    path TEXT NOT NULL,
    family TEXT NOT NULL,
    series TEXT, -- the training run: its folder or repository, seed, stage and ingredient; NULL where nobody said
    seed TEXT, -- as names have it: 3, small-aux-2; NULL where they say none
    stage INTEGER CHECK (stage >= 0), -- of training, by its number; NULL where there are none
    ingredient INTEGER CHECK (ingredient >= 0), -- the mixture that the stage was trained on, where there are several
    step INTEGER CHECK (step >= 0),
    tokens INTEGER CHECK (tokens >= 0), -- training tokens seen, D of the laws; NULL where nobody said
    tokens_source TEXT CHECK (tokens_source IN ('table', 'trainer-state', 'name', 'tokens-per-step')), -- who said D
    phase TEXT NOT NULL DEFAULT 'unknown' -- of the learning rate
        CHECK (phase IN ('warm-up', 'stable', 'decay', 'annealed', 'unannealed', 'unknown')),
    learning_rate REAL CHECK (learning_rate >= 0), -- at the step; NULL where nobody said
    native_scheme TEXT, -- the compression it was trained under; NULL for dense 16 or 32 bit
    native_bits ANY -- bits per weight of the compression it was trained under
        CHECK (native_bits IS NULL OR typeof(native_bits) IN ('integer', 'real') AND native_bits > 0),
    native_activation_bits INTEGER CHECK (native_activation_bits > 0), -- bits per activation, likewise
    native_sparsity REAL CHECK (native_sparsity > 0 AND native_sparsity < 1), -- the share of weights that are zero
    fingerprint TEXT, -- of the file when it was read, to tell whether it has changed since
    PRIMARY KEY (checkpoint, path)
) STRICT, WITHOUT ROWID;

INSERT INTO source (
    checkpoint, path, family, step, tokens, phase, native_scheme, native_bits, native_activation_bits, native_sparsity,
    fingerprint
)
SELECT
    checkpoint, path, family, step, tokens, phase, native_scheme, native_bits, native_activation_bits, native_sparsity,
    fingerprint
FROM source_of_version_4;

DROP TABLE source_of_version_4;

-- one row per thing that is wrong or doubtful about a place in an archive, as of the last time it was looked at
CREATE TABLE finding (
    path TEXT NOT NULL, -- the place
    kind TEXT NOT NULL, -- same-weights, shared-weights, out-of-line, tokens-disagree ...
    message TEXT NOT NULL,
    checkpoint TEXT, -- the digest of what the place holds; NULL where that is no checkpoint
    is_fault INTEGER NOT NULL CHECK (is_fault IN (0, 1)), -- 1 where laws leave the checkpoint out
    PRIMARY KEY (path, kind, message)
) STRICT, WITHOUT ROWID;

CREATE INDEX finding_by_checkpoint ON finding (checkpoint, is_fault);

-- one row per checkpoint with a source: the first in order of family, tokens and path, where it was found in several places
CREATE VIEW origin AS
SELECT
    checkpoint, family, series, seed, stage, ingredient, step, tokens, tokens_source, phase, learning_rate, native_scheme,
    native_bits, native_activation_bits, native_sparsity, path
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
    origin.series AS series, -- the training run; NULL where nobody said
    origin.seed AS seed, -- of the run; NULL where nobody said
    origin.stage AS stage, -- of training, from 1; NULL where there are none
    origin.ingredient AS ingredient, -- the mixture that the stage was trained on, where there are several
    origin.step AS step,
    origin.tokens AS tokens, -- D: training tokens seen
    origin.tokens_source AS tokens_source, -- who said D: table, trainer-state, name, tokens-per-step
    origin.phase AS phase, -- of the learning rate: warm-up, stable, decay, annealed, unannealed, unknown
    origin.learning_rate AS learning_rate, -- at the step; NULL where nobody said
    EXISTS (
        SELECT * FROM finding WHERE finding.checkpoint = evaluation.checkpoint AND finding.is_fault
    ) AS doubtful, -- 1 where a finding says that its weights or its D are not what they seem
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
    origin.series AS series, -- the training run; NULL where nobody said
    origin.seed AS seed, -- of the run; NULL where nobody said
    origin.stage AS stage, -- of training, from 1; NULL where there are none
    origin.ingredient AS ingredient, -- the mixture that the stage was trained on, where there are several
    origin.step AS step,
    origin.tokens AS tokens, -- D: training tokens seen
    origin.tokens_source AS tokens_source, -- who said D: table, trainer-state, name, tokens-per-step
    origin.phase AS phase, -- of the learning rate: warm-up, stable, decay, annealed, unannealed, unknown
    origin.learning_rate AS learning_rate, -- at the step; NULL where nobody said
    EXISTS (
        SELECT * FROM finding WHERE finding.checkpoint = evaluation.checkpoint AND finding.is_fault
    ) AS doubtful, -- 1 where a finding says that its weights or its D are not what they seem
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
    family, params, params_total, series, seed, stage, ingredient, step, tokens, tokens_source, phase, learning_rate, doubtful,
    method, scheme, spec, bits, group_size, sparsity,
    sparsity_pattern, rank, activation_bits, bits_per_weight, shard, context, windows, available_windows, stderr_target, score, loss16, loss, qid, stderr, kl, agreement, checkpoint, evaluation
FROM qid_history
WHERE age = 1;
