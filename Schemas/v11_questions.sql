-- The warehouse of qid, version 11: relative QiD, D/N, bytes, runs and versions stand beside each number; the best spec for
-- each budget; columns have ordinary types, so that programs that go by a view's types see numbers as numbers.

CREATE INDEX run_by_evaluation ON run_evaluation (evaluation);
CREATE INDEX run_by_fit ON run_fit (fit);

DROP VIEW latest_law;
DROP VIEW law;
DROP VIEW forecast;
DROP VIEW qid;
DROP VIEW qid_history;
DROP VIEW sensitive;
DROP VIEW loss;
DROP VIEW origin;

-- one row per checkpoint with a source: the first in order of family, tokens and path, where it was found in several places
CREATE VIEW origin AS
SELECT
    checkpoint, family, series, seed, stage, ingredient, step, tokens, tokens_source, phase, learning_rate, native_scheme,
    CAST(native_bits AS NUMERIC) AS native_bits, native_activation_bits, native_sparsity, path
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
    CAST(coalesce(spec.scheme, origin.native_scheme, checkpoint.stored_scheme, 'dense') AS TEXT) AS scheme,
    CAST(coalesce(spec.name, 'baseline') AS TEXT) AS spec,
    CAST(coalesce(spec.bits, origin.native_bits) AS NUMERIC) AS bits, -- P: nominal bits per weight; NULL where they are not quantized
    CAST(coalesce(spec.sparsity, origin.native_sparsity) AS REAL) AS sparsity, -- share of zeros that compression or training made
    CAST(coalesce(spec.activation_bits, origin.native_activation_bits) AS INTEGER) AS activation_bits, -- likewise; NULL where they are not quantized
    CAST(spec.rank AS NUMERIC) AS rank, -- as in the table spec
    origin.native_activation_bits AS native_activation_bits,
    origin.native_sparsity AS native_sparsity,
    evaluation.bits_per_weight AS bits_per_weight, -- as stored, scales and zero points included
    shard.name AS shard,
    evaluation.context_tokens AS context,
    evaluation.windows AS windows,
    evaluation.window_seed AS window_seed, -- of the random order of windows; NULL for the first ones of the shard
    evaluation.bos AS bos, -- 1 where each window begins with the configuration's bos_token_id; NULL before version 8
    evaluation.documents AS documents, -- joined, or separate where no window holds several; NULL before version 9
    evaluation.separator AS separator, -- the id between documents where somebody asked for one; NULL: as configured
    shard.tokenizer_digest AS tokenizer, -- SHA-256 of the tokenizer.json; NULL where the shard holds ids
    evaluation.score AS score, -- which tokens of a window count: all, second-half
    evaluation.scored_tokens AS scored_tokens,
    CAST(coalesce(baseline.loss_nats + evaluation.qid_nats, evaluation.loss_nats) AS REAL) AS loss, -- nats per scored token
    CAST(
        coalesce(baseline.loss_nats + evaluation.qid_nats, evaluation.loss_nats) / 0.6931471805599453
            / evaluation.bytes_per_token AS REAL
    ) AS bits_per_byte, -- of text: compares across vocabularies; NULL where the shard holds ids, and before version 8
    evaluation.perplexity AS perplexity, -- on the evaluation's own windows
    evaluation.checkpoint AS checkpoint,
    evaluation.key AS evaluation,
    evaluation.stage_version AS stage_version,
    CAST(CAST(origin.tokens AS REAL) / nullif(checkpoint.params_non_embedding, 0) AS REAL) AS tokens_per_param, -- D/N
    -- of N at bits_per_weight; embeddings and head not counted
    CAST(round(checkpoint.params_non_embedding * evaluation.bits_per_weight / 8) AS INTEGER) AS bytes,
    evaluation.program_version AS program_version, -- that made the evaluation first
    -- of the run that used the evaluation and began last; NULL where none did
    CAST((
        SELECT run.name FROM run_evaluation AS used JOIN run USING (lock_digest) WHERE used.evaluation = evaluation.key
        ORDER BY run.started_at DESC, run.lock_digest LIMIT 1
    ) AS TEXT) AS run,
    CAST((
        SELECT run.started_at FROM run_evaluation AS used JOIN run USING (lock_digest) WHERE used.evaluation = evaluation.key
        ORDER BY run.started_at DESC, run.lock_digest LIMIT 1
    ) AS TEXT) AS run_started_at,
    CAST((
        SELECT run.lock_digest FROM run_evaluation AS used JOIN run USING (lock_digest) WHERE used.evaluation = evaluation.key
        ORDER BY run.started_at DESC, run.lock_digest LIMIT 1
    ) AS TEXT) AS lock_digest
FROM evaluation
JOIN checkpoint ON checkpoint.digest = evaluation.checkpoint
JOIN shard ON shard.digest = evaluation.shard
LEFT JOIN evaluation AS baseline ON baseline.key = evaluation.baseline_key
LEFT JOIN spec ON spec.name = evaluation.spec
LEFT JOIN origin ON origin.checkpoint = evaluation.checkpoint;

-- one row per checkpoint and scored text: how much the model minds errors of its layers' outputs, by the probe of most windows
CREATE VIEW sensitive AS
SELECT
    checkpoint, shard, context_tokens, score, calibration_digest, windows,
    CAST(sensitivity AS REAL) AS sensitivity, -- KL over the mean output error of the layers
    CAST(qid_sensitivity AS REAL) AS qid_sensitivity, -- QiD over it
    CAST(ceiling AS REAL) AS ceiling
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
    CAST(
        (SELECT avg(layer.output_error) FROM layer_distortion AS layer WHERE layer.distortion = measured.key) AS REAL
    ) AS distortion,
    -- KL over distortion of the checkpoint's probe on that text; NULL where there is none that holds
    CAST(
        iif(measured.calibration_digest = sensitive.calibration_digest, sensitive.sensitivity, NULL) AS REAL
    ) AS sensitivity,
    CAST(
        iif(measured.calibration_digest = sensitive.calibration_digest, sensitive.qid_sensitivity, NULL) AS REAL
    ) AS qid_sensitivity, -- QiD over it
    measured.is_whole AS distortion_is_whole, -- 0 where more is rounded than weights of layers
    CAST(sensitive.ceiling AS REAL) AS ceiling, -- ln of the vocabulary less the loss in 16 bits, likewise
    checkpoint.vocabulary_size AS vocabulary_size,
    evaluation.checkpoint AS checkpoint,
    evaluation.key AS evaluation,
    evaluation.stage_version AS stage_version,
    CAST(row_number() OVER (
        PARTITION BY evaluation.checkpoint, evaluation.spec, evaluation.shard, evaluation.calibration_digest,
            evaluation.context_tokens, coalesce(evaluation.available_windows, evaluation.windows),
            evaluation.qid_stderr_target_nats, evaluation.kl_error_target, evaluation.score
        ORDER BY evaluation.stage_version DESC, evaluation.window_seed IS NULL, evaluation.window_seed, evaluation.key
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
    CAST(iif(distortion_is_whole, min(sensitivity * distortion, ceiling), NULL) AS REAL) AS predicted_kl,
    CAST(iif(distortion_is_whole, min(qid_sensitivity * distortion, ceiling), NULL) AS REAL) AS predicted_qid,
    CAST(iif(loss16 > 0, qid / loss16, NULL) AS REAL) AS relative_qid, -- QiD over the loss in 16 bits
    CAST(CAST(tokens AS REAL) / nullif(params, 0) AS REAL) AS tokens_per_param, -- D/N
    CAST(round(params * bits_per_weight / 8) AS INTEGER) AS bytes, -- of N at bits_per_weight; embeddings and head not counted
    stage_version, program_version, -- of the evaluation
    -- of the run that used the evaluation and began last; NULL where none did
    CAST((
        SELECT run.name FROM run_evaluation AS used JOIN run USING (lock_digest) WHERE used.evaluation = qid_history.evaluation
        ORDER BY run.started_at DESC, run.lock_digest LIMIT 1
    ) AS TEXT) AS run,
    CAST((
        SELECT run.started_at FROM run_evaluation AS used JOIN run USING (lock_digest) WHERE used.evaluation = qid_history.evaluation
        ORDER BY run.started_at DESC, run.lock_digest LIMIT 1
    ) AS TEXT) AS run_started_at,
    CAST((
        SELECT run.lock_digest FROM run_evaluation AS used JOIN run USING (lock_digest) WHERE used.evaluation = qid_history.evaluation
        ORDER BY run.started_at DESC, run.lock_digest LIMIT 1
    ) AS TEXT) AS lock_digest
FROM qid_history
WHERE age = 1;

-- one row per checkpoint, scored text and budget of nominal bits: the spec of least KL among those of at most so many bits
--
-- Stored bits of one spec differ between models, nominal ones do not: under a nominal budget the same specs compete at every
-- checkpoint, so that averages over checkpoints compare.
CREATE VIEW best_spec AS
SELECT
    family, params, params_total, series, seed, stage, step, tokens, tokens_per_param, phase, doubtful, shard, context, score,
    budget, -- whole nominal bits: every width of a spec, rounded up
    candidates, -- evaluations that competed
    spec, scheme, method, bits, bits_per_weight, bytes, loss16, loss, qid, stderr, relative_qid, kl, kl_stderr, agreement,
    checkpoint, evaluation
FROM (
    SELECT
        qid.*, class.budget AS budget,
        CAST(count(*) OVER (
            PARTITION BY qid.checkpoint, qid.shard, qid.context, qid.score, class.budget
        ) AS INTEGER) AS candidates,
        row_number() OVER (
            PARTITION BY qid.checkpoint, qid.shard, qid.context, qid.score, class.budget
            ORDER BY qid.kl, qid.bits_per_weight, qid.spec, qid.evaluation
        ) AS place
    FROM qid JOIN (
        SELECT DISTINCT CAST(CAST(bits AS INTEGER) + (bits > CAST(bits AS INTEGER)) AS INTEGER) AS budget FROM spec
    ) AS class ON qid.bits <= class.budget
)
WHERE place = 1;

-- one row per parameter of each fitted law, with its 95 % interval
CREATE VIEW law AS
SELECT
    fit.law AS law,
    fit.family AS family,
    fit.scheme AS scheme,
    fit.objective AS objective,
    parameter.name AS parameter,
    parameter.value AS value,
    parameter.low AS low,
    parameter.high AS high,
    parameter.at_bound AS at_bound, -- 1 where the interval means nothing
    fit.n AS n,
    fit.left_out AS left_out,
    fit.r2 AS r2,
    fit.key AS fit,
    fit.stage_version AS stage_version,
    fit.program_version AS program_version, -- that made the fit first
    -- of the run that asked for it and began last; NULL where none did
    CAST((
        SELECT run.name FROM run_fit AS used JOIN run USING (lock_digest) WHERE used.fit = fit.key
        ORDER BY run.started_at DESC, run.lock_digest LIMIT 1
    ) AS TEXT) AS run,
    CAST((
        SELECT run.started_at FROM run_fit AS used JOIN run USING (lock_digest) WHERE used.fit = fit.key
        ORDER BY run.started_at DESC, run.lock_digest LIMIT 1
    ) AS TEXT) AS run_started_at,
    CAST((
        SELECT run.lock_digest FROM run_fit AS used JOIN run USING (lock_digest) WHERE used.fit = fit.key
        ORDER BY run.started_at DESC, run.lock_digest LIMIT 1
    ) AS TEXT) AS lock_digest
FROM fit
JOIN parameter ON parameter.fit = fit.key;

-- one row per parameter of the laws of the run that began last
CREATE VIEW latest_law AS
SELECT law.*
FROM law
JOIN run_fit ON run_fit.fit = law.fit
WHERE run_fit.lock_digest = (SELECT lock_digest FROM run ORDER BY started_at DESC, lock_digest LIMIT 1);

-- one row per prediction, with its 95 % interval and the law it comes from
CREATE VIEW forecast AS
SELECT
    fit.law AS law,
    fit.family AS family,
    prediction.scheme AS scheme,
    prediction.quantity AS quantity,
    prediction.params AS params,
    prediction.tokens AS tokens,
    CAST(prediction.bits AS NUMERIC) AS bits,
    prediction.value AS value,
    prediction.low AS low,
    prediction.high AS high,
    prediction.beyond_hull AS beyond_hull, -- factors beyond the fitted points; 1 inside
    fit.key AS fit,
    fit.stage_version AS stage_version,
    fit.program_version AS program_version, -- that made the fit first
    -- of the run that asked for it and began last; NULL where none did
    CAST((
        SELECT run.name FROM run_fit AS used JOIN run USING (lock_digest) WHERE used.fit = fit.key
        ORDER BY run.started_at DESC, run.lock_digest LIMIT 1
    ) AS TEXT) AS run,
    CAST((
        SELECT run.started_at FROM run_fit AS used JOIN run USING (lock_digest) WHERE used.fit = fit.key
        ORDER BY run.started_at DESC, run.lock_digest LIMIT 1
    ) AS TEXT) AS run_started_at,
    CAST((
        SELECT run.lock_digest FROM run_fit AS used JOIN run USING (lock_digest) WHERE used.fit = fit.key
        ORDER BY run.started_at DESC, run.lock_digest LIMIT 1
    ) AS TEXT) AS lock_digest
FROM prediction
JOIN fit ON fit.key = prediction.fit;
