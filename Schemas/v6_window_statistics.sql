-- The warehouse of qid, version 6: windows may come in a random order, and KL has a standard error.

-- the seed of the random order of windows; NULL where the shard's first ones were scored
ALTER TABLE evaluation ADD COLUMN window_seed INTEGER CHECK (window_seed >= 0);
-- from blocks of windows, as qid_stderr_nats; NULL for one window, for a baseline and before version 3 of the stage
ALTER TABLE evaluation ADD COLUMN kl_stderr_nats REAL CHECK (kl_stderr_nats >= 0);
-- the standard error of qid_nats / kl_nats, likewise; NULL also where KL is 0
ALTER TABLE evaluation ADD COLUMN rho_stderr REAL CHECK (rho_stderr >= 0);
-- the standard error of KL over KL that was asked for; NULL where none was
ALTER TABLE evaluation ADD COLUMN kl_error_target REAL CHECK (kl_error_target > 0);
-- summed over the window's scored tokens; NULL for a baseline and before version 3 of the stage
ALTER TABLE window ADD COLUMN kl_nats REAL;

DROP VIEW qid;
DROP VIEW qid_history;

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
    evaluation.kl_error_target AS kl_error_target, -- the standard error of KL over KL that was asked for; NULL where none was
    evaluation.score AS score, -- which tokens of a window count: all, second-half
    evaluation.window_seed AS window_seed, -- of the random order of windows; NULL for the first ones of the shard
    evaluation.baseline_loss_nats AS loss16, -- of the 16-bit baseline, nats per scored token
    evaluation.loss_nats AS loss,
    evaluation.qid_nats AS qid, -- loss - loss16 on the same tokens
    evaluation.qid_stderr_nats AS stderr,
    evaluation.kl_nats AS kl, -- mean KL divergence from the baseline's predictions
    evaluation.kl_stderr_nats AS kl_stderr,
    iif(evaluation.kl_nats > 0, evaluation.qid_nats / evaluation.kl_nats, NULL) AS rho, -- qid / kl: about 1 where compression acts as noise
    evaluation.rho_stderr AS rho_stderr,
    evaluation.agreement AS agreement,
    checkpoint.vocabulary_size AS vocabulary_size,
    evaluation.checkpoint AS checkpoint,
    evaluation.key AS evaluation,
    evaluation.stage_version AS stage_version,
    row_number() OVER (
        PARTITION BY evaluation.checkpoint, evaluation.spec, evaluation.shard, evaluation.calibration_digest,
            evaluation.context_tokens, coalesce(evaluation.available_windows, evaluation.windows),
            evaluation.qid_stderr_target_nats, evaluation.kl_error_target, evaluation.score
        ORDER BY evaluation.stage_version DESC, evaluation.window_seed IS NULL, evaluation.window_seed, evaluation.key
    ) AS age -- 1 for the latest version of a cell's evaluation, in random order where there are several orders
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
    sparsity_pattern, rank, activation_bits, bits_per_weight, shard, context, windows, available_windows, stderr_target, kl_error_target, score,
    window_seed, loss16, loss, qid, stderr, kl, kl_stderr, rho, rho_stderr, agreement, checkpoint, evaluation
FROM qid_history
WHERE age = 1;
