-- The warehouse of qid, version 16: distortion counts what errors of several sublayers make of each other; its formula stands in
-- the program alone.

-- mean over sublayers of how far what is read behind them moves, times what they make of each other; NULL where that was not measured
ALTER TABLE distortion ADD COLUMN distortion REAL CHECK (distortion >= 0);

-- distortion was another: errors of layers and probes are measured again where a run asks for them
DELETE FROM layer_distortion;
DELETE FROM distortion;
DELETE FROM probe;

DROP VIEW sensitive;
DROP VIEW qid_history;

-- one row per checkpoint and scored text: how much the model minds errors of its weights, by the probe of most windows
CREATE VIEW sensitive AS
SELECT
    checkpoint, shard, context_tokens, score, calibration_digest, windows,
    CAST(sensitivity AS REAL) AS sensitivity, -- KL over the probe's distortion
    CAST(qid_sensitivity AS REAL) AS qid_sensitivity, -- QiD over it
    CAST(ceiling AS REAL) AS ceiling
FROM (
    SELECT
        checkpoint, shard, context_tokens, score, calibration_digest, windows,
        avg(kl_nats / distortion) AS sensitivity, avg(qid_nats / distortion) AS qid_sensitivity,
        max(ceiling_nats) AS ceiling,
        row_number() OVER (
            PARTITION BY checkpoint, shard, context_tokens, score
            ORDER BY max(stage_version) DESC, max(is_unseen) DESC, windows DESC, calibration_digest, key
        ) AS place
    FROM probe
    WHERE is_usable AND is_usual AND distortion > 0
    GROUP BY key
)
WHERE place = 1;

-- one row per evaluation of a compressed checkpoint, all versions included: see qid
CREATE VIEW qid_history AS
SELECT
    CAST(coalesce(origin.family, 'unknown') AS TEXT) AS family,
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
    CAST(EXISTS (
        SELECT * FROM finding WHERE finding.checkpoint = evaluation.checkpoint AND finding.is_fault
    ) AS INTEGER) AS doubtful, -- 1 where a finding says that its weights or its D are not what they seem
    spec.method AS method,
    spec.scheme AS scheme,
    spec.name AS spec,
    CAST(spec.bits AS NUMERIC) AS bits, -- P: nominal bits per weight
    spec.group_size AS group_size, -- weights sharing a scale; NULL for a whole channel
    spec.sparsity AS sparsity, -- the share of zeros that the spec makes; NULL where it makes none
    spec.sparsity_pattern AS sparsity_pattern, -- 2:4 where the zeros have a pattern
    CAST(spec.rank AS NUMERIC) AS rank, -- dimensions that a low-rank form keeps, or below 1 their share; NULL for other forms
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
    CAST(iif(evaluation.kl_nats > 0, evaluation.qid_nats / evaluation.kl_nats, NULL) AS REAL) AS rho, -- qid / kl: about 1 where compression acts as noise
    evaluation.rho_stderr AS rho_stderr,
    evaluation.agreement AS agreement,
    measured.key AS distortion_key, -- of the errors of layers in the store; NULL where no calibration text was given
    -- of the compressed checkpoint's layers; NULL where no calibration text was given
    CAST(
        (SELECT avg(layer.weight_error) FROM layer_distortion AS layer WHERE layer.distortion = measured.key) AS REAL
    ) AS weight_distortion,
    measured.distortion AS distortion, -- of its sublayers, by what is read behind them; NULL likewise
    -- KL over the distortion of the checkpoint's probe on that text; NULL where there is none that holds
    CAST(
        iif(measured.calibration_digest = sensitive.calibration_digest, sensitive.sensitivity, NULL) AS REAL
    ) AS sensitivity,
    CAST(
        iif(measured.calibration_digest = sensitive.calibration_digest, sensitive.qid_sensitivity, NULL) AS REAL
    ) AS qid_sensitivity, -- QiD over it
    measured.is_whole AS distortion_is_whole, -- 0 where nothing is foretold from it
    CAST(sensitive.ceiling AS REAL) AS ceiling, -- ln of the vocabulary less the loss in 16 bits, likewise
    checkpoint.vocabulary_size AS vocabulary_size,
    evaluation.checkpoint AS checkpoint,
    evaluation.key AS evaluation,
    evaluation.stage_version AS stage_version,
    CAST(row_number() OVER (
        PARTITION BY evaluation.checkpoint, evaluation.spec, evaluation.shard, evaluation.calibration_digest,
            evaluation.context_tokens, coalesce(evaluation.available_windows, evaluation.windows),
            evaluation.qid_stderr_target_nats, evaluation.kl_error_target, evaluation.score
        ORDER BY evaluation.stage_version DESC, evaluation.spec_revision DESC, evaluation.window_seed IS NULL,
            evaluation.window_seed, evaluation.key
    -- 1 for the latest version of a cell's evaluation, in random order where there are several orders
    ) AS INTEGER) AS age,
    evaluation.program_version AS program_version -- that made it first
FROM evaluation
JOIN checkpoint ON checkpoint.digest = evaluation.checkpoint
JOIN shard ON shard.digest = evaluation.shard
JOIN spec ON spec.name = evaluation.spec
LEFT JOIN origin ON origin.checkpoint = evaluation.checkpoint
LEFT JOIN sensitive ON sensitive.checkpoint = evaluation.checkpoint AND sensitive.shard = evaluation.shard
    AND sensitive.context_tokens = evaluation.context_tokens AND sensitive.score = evaluation.score
LEFT JOIN distortion AS measured ON measured.compressed_key = evaluation.compressed_key
    -- of several texts that of the probe, else one that no method was fitted to, else that of the method
    AND measured.calibration_digest = coalesce(
        (SELECT one.calibration_digest FROM distortion AS one
            WHERE one.compressed_key = evaluation.compressed_key AND one.calibration_digest = sensitive.calibration_digest),
        (SELECT min(one.calibration_digest) FROM distortion AS one
            WHERE one.compressed_key = evaluation.compressed_key AND one.is_unseen),
        (SELECT one.calibration_digest FROM distortion AS one
            WHERE one.compressed_key = evaluation.compressed_key AND one.calibration_digest = evaluation.calibration_digest),
        (SELECT min(one.calibration_digest) FROM distortion AS one WHERE one.compressed_key = evaluation.compressed_key));

-- noise of all probes is relative to rows
ALTER TABLE probe DROP COLUMN relative_to;
