-- The warehouse of qid, version 10: what compression did to each layer, and how much a model minds.

-- one row per compressed checkpoint and text on which the outputs of its layers were compared
CREATE TABLE distortion (
    key TEXT PRIMARY KEY, -- in the store
    compressed_key TEXT NOT NULL, -- of the compressed checkpoint, as in evaluation
    calibration_digest TEXT NOT NULL, -- SHA-256 over the text
    checkpoint TEXT NOT NULL, -- the uncompressed one's digest
    bits_per_weight REAL NOT NULL CHECK (bits_per_weight >= 0), -- as stored, scales and zero points included
    -- 0 where more is rounded than weights of these layers: their inputs, keys and values, embeddings, the head
    is_whole INTEGER NOT NULL CHECK (is_whole IN (0, 1)),
    stage_version INTEGER NOT NULL,
    program_version TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- one row per linear layer of a distortion
CREATE TABLE layer_distortion (
    distortion TEXT NOT NULL REFERENCES distortion (key),
    position INTEGER NOT NULL CHECK (position >= 0), -- of the layer in the model
    layer TEXT NOT NULL, -- the module's name
    weights INTEGER NOT NULL CHECK (weights > 0),
    weight_error REAL NOT NULL CHECK (weight_error >= 0), -- squared norm of the error over that of the weight
    output_error REAL CHECK (output_error >= 0), -- the same of its outputs on the text; NULL where no token came to it
    PRIMARY KEY (distortion, position)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX distortion_by_compressed ON distortion (compressed_key, calibration_digest);

-- one row per trial of a checkpoint's probe: noise of one size and seed in the weights of all linear layers
CREATE TABLE probe (
    key TEXT NOT NULL, -- of the probe in the store
    size REAL NOT NULL CHECK (size > 0), -- norm of the noise over that of the weight, of every layer
    seed INTEGER NOT NULL,
    checkpoint TEXT NOT NULL REFERENCES checkpoint (digest),
    shard TEXT NOT NULL REFERENCES shard (digest),
    context_tokens INTEGER NOT NULL CHECK (context_tokens > 1),
    windows INTEGER NOT NULL CHECK (windows > 0), -- scored
    score TEXT NOT NULL, -- which tokens of a window count: all, second-half
    window_seed INTEGER CHECK (window_seed >= 0), -- of the random order of windows; NULL for the shard's first ones
    calibration_digest TEXT NOT NULL, -- SHA-256 over the text that inputs are of
    baseline_loss_nats REAL NOT NULL,
    ceiling_nats REAL NOT NULL CHECK (ceiling_nats >= 0), -- ln of the vocabulary less that loss: predictions as good as none
    kl_nats REAL NOT NULL,
    kl_stderr_nats REAL CHECK (kl_stderr_nats >= 0),
    qid_nats REAL NOT NULL,
    qid_stderr_nats REAL CHECK (qid_stderr_nats >= 0),
    output_error REAL NOT NULL CHECK (output_error >= 0), -- the mean of the layers
    is_usable INTEGER NOT NULL CHECK (is_usable IN (0, 1)), -- 0 for all trials where KL is not in proportion to size squared
    is_usual INTEGER NOT NULL CHECK (is_usual IN (0, 1)), -- 1 for trials of the size that stands for the model
    stage_version INTEGER NOT NULL,
    program_version TEXT NOT NULL,
    PRIMARY KEY (key, size, seed)
) STRICT, WITHOUT ROWID;

CREATE INDEX probe_by_checkpoint ON probe (checkpoint, shard);

CREATE TRIGGER distortion_is_final BEFORE UPDATE ON distortion
BEGIN SELECT RAISE(ABORT, 'measurements are never updated'); END;
CREATE TRIGGER layer_distortion_is_final BEFORE UPDATE ON layer_distortion
BEGIN SELECT RAISE(ABORT, 'measurements are never updated'); END;
CREATE TRIGGER probe_is_final BEFORE UPDATE ON probe
BEGIN SELECT RAISE(ABORT, 'measurements are never updated'); END;

-- one row per checkpoint and scored text: how much the model minds errors of its layers' outputs, by the probe of most windows
CREATE VIEW sensitive AS
SELECT
    checkpoint, shard, context_tokens, score, calibration_digest, windows,
    sensitivity, -- KL over the mean output error of the layers
    qid_sensitivity, -- QiD over it
    ceiling
FROM (
    SELECT
        checkpoint, shard, context_tokens, score, calibration_digest, windows,
        avg(kl_nats / output_error) AS sensitivity, avg(qid_nats / output_error) AS qid_sensitivity,
        max(ceiling_nats) AS ceiling,
        row_number() OVER (
            PARTITION BY checkpoint, shard, context_tokens, score
            ORDER BY max(stage_version) DESC, windows DESC, calibration_digest, key
        ) AS place
    FROM probe
    WHERE is_usable AND is_usual AND output_error > 0
    GROUP BY key
)
WHERE place = 1;

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
    measured.key AS distortion_key, -- of the errors of layers in the store; NULL where no calibration text was given
    -- of the compressed checkpoint's layers; NULL where no calibration text was given
    (SELECT avg(layer.weight_error) FROM layer_distortion AS layer WHERE layer.distortion = measured.key) AS weight_distortion,
    (SELECT avg(layer.output_error) FROM layer_distortion AS layer WHERE layer.distortion = measured.key) AS distortion,
    -- KL over distortion of the checkpoint's probe on that text; NULL where there is none that holds
    iif(measured.calibration_digest = sensitive.calibration_digest, sensitive.sensitivity, NULL) AS sensitivity,
    iif(measured.calibration_digest = sensitive.calibration_digest, sensitive.qid_sensitivity, NULL) AS qid_sensitivity, -- QiD over it
    measured.is_whole AS distortion_is_whole, -- 0 where more is rounded than weights of layers
    sensitive.ceiling AS ceiling, -- ln of the vocabulary less the loss in 16 bits, likewise
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
LEFT JOIN origin ON origin.checkpoint = evaluation.checkpoint
LEFT JOIN sensitive ON sensitive.checkpoint = evaluation.checkpoint AND sensitive.shard = evaluation.shard
    AND sensitive.context_tokens = evaluation.context_tokens AND sensitive.score = evaluation.score
LEFT JOIN distortion AS measured ON measured.compressed_key = evaluation.compressed_key
    -- of several texts that of the probe, else that of the method
    AND measured.calibration_digest = coalesce(
        (SELECT one.calibration_digest FROM distortion AS one
            WHERE one.compressed_key = evaluation.compressed_key AND one.calibration_digest = sensitive.calibration_digest),
        (SELECT one.calibration_digest FROM distortion AS one
            WHERE one.compressed_key = evaluation.compressed_key AND one.calibration_digest = evaluation.calibration_digest),
        (SELECT min(one.calibration_digest) FROM distortion AS one WHERE one.compressed_key = evaluation.compressed_key));

-- one row per compressed evaluation: quantization-induced degradation, of each cell the latest version
CREATE VIEW qid AS
SELECT
    family, params, params_total, series, seed, stage, ingredient, step, tokens, tokens_source, phase, learning_rate, doubtful,
    method, scheme, spec, bits, group_size, sparsity,
    sparsity_pattern, rank, activation_bits, bits_per_weight, shard, context, windows, available_windows, stderr_target, kl_error_target, score,
    window_seed, loss16, loss, qid, stderr, kl, kl_stderr, rho, rho_stderr, agreement, checkpoint, evaluation,
    weight_distortion, distortion, sensitivity, qid_sensitivity,
    -- what distortion and probe foretell, with nothing fitted; NULL where more than weights of layers is rounded
    iif(distortion_is_whole, min(sensitivity * distortion, ceiling), NULL) AS predicted_kl,
    iif(distortion_is_whole, min(qid_sensitivity * distortion, ceiling), NULL) AS predicted_qid
FROM qid_history
WHERE age = 1;
