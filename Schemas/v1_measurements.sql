-- The warehouse of qid, version 1.
--
-- Losses and their differences are in nats per scored token. Keys are digests, artifact keys or names, never row numbers, so
-- what a warehouse contains does not depend on the order or the number of times in which it was recorded.
-- Measurements are never updated (the triggers below refuse it); views derive. SQL users read the views at the end.

-- one row per model at one training step, whatever the places it was found in
CREATE TABLE checkpoint (
    digest TEXT NOT NULL PRIMARY KEY CHECK (digest <> ''), -- SHA-256 over its tensors' names, types, shapes and bytes
    architecture TEXT NOT NULL, -- model_type of its config.json
    dtype TEXT NOT NULL, -- of its linear weights: F32, F16, BF16 ...
    params_total INTEGER NOT NULL CHECK (params_total > 0),
    params_non_embedding INTEGER NOT NULL CHECK (params_non_embedding BETWEEN 0 AND params_total), -- N of the laws
    hidden_size INTEGER NOT NULL CHECK (hidden_size > 0),
    layers INTEGER NOT NULL CHECK (layers > 0),
    vocabulary_size INTEGER NOT NULL CHECK (vocabulary_size > 0)
) STRICT, WITHOUT ROWID;

-- one row per place in an archive at which a checkpoint was found, with what is known of its training there;
-- a statement about an archive and no measurement: recording the place again with other facts replaces it
CREATE TABLE source (
    checkpoint TEXT NOT NULL REFERENCES checkpoint (digest),
    path TEXT NOT NULL,
    family TEXT NOT NULL,
    step INTEGER CHECK (step >= 0),
    tokens INTEGER CHECK (tokens >= 0), -- training tokens seen, D of the laws; NULL where nobody said
    phase TEXT NOT NULL DEFAULT 'unknown' CHECK (phase IN ('annealed', 'unannealed', 'unknown')), -- of the learning rate
    native_scheme TEXT, -- the compression it was trained under; NULL for dense 16 or 32 bit
    fingerprint TEXT, -- of the file when it was read, to tell whether it has changed since
    PRIMARY KEY (checkpoint, path)
) STRICT, WITHOUT ROWID;

-- one row per spec
CREATE TABLE spec (
    name TEXT NOT NULL PRIMARY KEY CHECK (name <> ''), -- rtn-asym-w4-g16
    scheme TEXT NOT NULL, -- the name without the bits: rtn-asym-g16
    method TEXT NOT NULL,
    bits ANY NOT NULL CHECK (typeof(bits) IN ('integer', 'real') AND bits > 0), -- nominal bits per weight, P of the laws
    group_size INTEGER CHECK (group_size > 0), -- weights sharing a scale; NULL where that is a whole channel
    symmetric INTEGER NOT NULL CHECK (symmetric IN (0, 1)),
    canonical TEXT NOT NULL CHECK (json_valid(canonical)) -- the whole spec as canonical JSON
) STRICT, WITHOUT ROWID;

-- one row per held-out token stream
CREATE TABLE shard (
    digest TEXT NOT NULL PRIMARY KEY CHECK (digest <> ''), -- of the file's and the tokenizer's digests
    name TEXT NOT NULL, -- a label, replaced when the stream is recorded under another one
    file_digest TEXT NOT NULL, -- SHA-256 of the shard's file
    tokenizer_digest TEXT -- SHA-256 of tokenizer.json; NULL where the shard came as token ids
) STRICT, WITHOUT ROWID;

-- one row per evaluation of one checkpoint, as it is or compressed by one spec, on one shard
CREATE TABLE evaluation (
    key TEXT NOT NULL PRIMARY KEY CHECK (key <> ''), -- of the artifact in the store
    checkpoint TEXT NOT NULL REFERENCES checkpoint (digest),
    spec TEXT REFERENCES spec (name), -- NULL for the baseline: the checkpoint as it is stored
    shard TEXT NOT NULL REFERENCES shard (digest),
    calibration_digest TEXT, -- of what the spec's method was calibrated on; NULL where it needs nothing
    compressed_key TEXT, -- of the compressed checkpoint in the store; NULL for the baseline
    context_tokens INTEGER NOT NULL CHECK (context_tokens > 1),
    windows INTEGER NOT NULL CHECK (windows > 0),
    scored_tokens INTEGER NOT NULL CHECK (scored_tokens > 0 AND scored_tokens < windows * context_tokens),
    score TEXT NOT NULL CHECK (score IN ('all', 'second-half')), -- which tokens of a window count
    loss_nats REAL NOT NULL CHECK (loss_nats >= 0),
    perplexity REAL NOT NULL CHECK (perplexity >= 1),
    bits_per_weight REAL NOT NULL CHECK (bits_per_weight > 0), -- as stored, scales and zero points included
    baseline_loss_nats REAL CHECK (baseline_loss_nats >= 0), -- on the same windows, as all that follows; NULL for the baseline
    qid_nats REAL CHECK (abs(loss_nats - baseline_loss_nats - qid_nats) < 1e-6),
    qid_stderr_nats REAL CHECK (qid_stderr_nats >= 0), -- of the mean of the windows' differences; NULL for one window
    kl_nats REAL CHECK (kl_nats > -1e-6),
    agreement REAL CHECK (agreement BETWEEN 0 AND 1), -- share of scored tokens with the baseline's most likely token
    stage_version INTEGER NOT NULL CHECK (stage_version >= 0),
    program_version TEXT NOT NULL,
    CHECK (iif(spec IS NULL,
        coalesce(compressed_key, baseline_loss_nats, qid_nats, qid_stderr_nats, kl_nats, agreement) IS NULL,
        baseline_loss_nats + qid_nats + kl_nats + agreement IS NOT NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX evaluation_by_cell ON evaluation (checkpoint, spec, shard);

-- one row per window of an evaluation
CREATE TABLE window (
    evaluation TEXT NOT NULL REFERENCES evaluation (key) ON DELETE CASCADE,
    position INTEGER NOT NULL CHECK (position >= 0), -- in the shard's token stream, from 0
    nll_nats REAL NOT NULL, -- summed over the window's scored tokens
    PRIMARY KEY (evaluation, position)
) STRICT, WITHOUT ROWID;

-- one row per finished run
CREATE TABLE run (
    lock_digest TEXT NOT NULL PRIMARY KEY CHECK (lock_digest <> ''),
    name TEXT NOT NULL,
    started_at TEXT NOT NULL, -- UTC, ISO 8601
    program_version TEXT NOT NULL,
    lock TEXT NOT NULL -- manifest.lock.yaml, all that is needed to repeat it
) STRICT, WITHOUT ROWID;

-- one row per evaluation that a run asked for
CREATE TABLE run_evaluation (
    lock_digest TEXT NOT NULL REFERENCES run (lock_digest) ON DELETE CASCADE,
    evaluation TEXT NOT NULL REFERENCES evaluation (key),
    PRIMARY KEY (lock_digest, evaluation)
) STRICT, WITHOUT ROWID;

-- one row per law fitted to one set of points
CREATE TABLE fit (
    key TEXT NOT NULL PRIMARY KEY CHECK (key <> ''), -- of points, law, objective and stage version
    law TEXT NOT NULL,
    scheme TEXT NOT NULL, -- whose points were fitted; 'all' where the law joins schemes
    family TEXT NOT NULL, -- likewise
    objective TEXT NOT NULL,
    objective_value REAL NOT NULL,
    n INTEGER NOT NULL CHECK (n > 0), -- points fitted
    left_out INTEGER NOT NULL CHECK (left_out >= 0), -- points that the objective cannot use
    r2 REAL CHECK (r2 <= 1),
    starts INTEGER NOT NULL CHECK (starts > 0),
    starts_at_best INTEGER NOT NULL CHECK (starts_at_best BETWEEN 1 AND starts),
    detail TEXT NOT NULL CHECK (json_valid(detail)), -- the whole result, as qid-fit --json prints it
    stage_version INTEGER NOT NULL CHECK (stage_version >= 0),
    program_version TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- one row per fit that a run asked for
CREATE TABLE run_fit (
    lock_digest TEXT NOT NULL REFERENCES run (lock_digest) ON DELETE CASCADE,
    fit TEXT NOT NULL REFERENCES fit (key),
    PRIMARY KEY (lock_digest, fit)
) STRICT, WITHOUT ROWID;

-- one row per parameter of a fit
CREATE TABLE parameter (
    fit TEXT NOT NULL REFERENCES fit (key) ON DELETE CASCADE,
    name TEXT NOT NULL, -- by its letter: k, alpha, alpha.<bits>, eff.<scheme>
    value REAL NOT NULL,
    low REAL, -- of the 95 % interval; NULL where it has no end
    high REAL,
    at_bound INTEGER NOT NULL CHECK (at_bound IN (0, 1)),
    PRIMARY KEY (fit, name)
) STRICT, WITHOUT ROWID;

-- one row per quantity that a fit was asked to predict
CREATE TABLE prediction (
    fit TEXT NOT NULL REFERENCES fit (key) ON DELETE CASCADE,
    quantity TEXT NOT NULL, -- qid_nats, loss_nats ...
    scheme TEXT NOT NULL,
    params REAL NOT NULL CHECK (params > 0),
    tokens REAL NOT NULL CHECK (tokens > 0),
    bits ANY NOT NULL CHECK (typeof(bits) IN ('integer', 'real') AND bits > 0),
    value REAL NOT NULL,
    low REAL, -- of the 95 % interval; NULL where it has no end
    high REAL,
    beyond_hull REAL CHECK (beyond_hull >= 1), -- factors beyond the fitted points in N or D; 1 inside
    PRIMARY KEY (fit, quantity, scheme, params, tokens, bits)
) STRICT, WITHOUT ROWID;

-- one row per thing that a fit warns about
CREATE TABLE warning (
    fit TEXT NOT NULL REFERENCES fit (key) ON DELETE CASCADE,
    position INTEGER NOT NULL CHECK (position >= 0),
    message TEXT NOT NULL,
    advice TEXT NOT NULL, -- what to do about it
    PRIMARY KEY (fit, position)
) STRICT, WITHOUT ROWID;

-- one row per input that a stage could not use, as of the last time it was tried
CREATE TABLE failure (
    stage TEXT NOT NULL,
    subject TEXT NOT NULL, -- a file, a checkpoint or a cell
    reason TEXT NOT NULL,
    PRIMARY KEY (stage, subject)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER checkpoint_is_final BEFORE UPDATE ON checkpoint
BEGIN SELECT RAISE(ABORT, 'measurements are never updated'); END;
CREATE TRIGGER spec_is_final BEFORE UPDATE ON spec
BEGIN SELECT RAISE(ABORT, 'measurements are never updated'); END;
CREATE TRIGGER evaluation_is_final BEFORE UPDATE ON evaluation
BEGIN SELECT RAISE(ABORT, 'measurements are never updated'); END;
CREATE TRIGGER window_is_final BEFORE UPDATE ON window
BEGIN SELECT RAISE(ABORT, 'measurements are never updated'); END;
CREATE TRIGGER run_is_final BEFORE UPDATE ON run
BEGIN SELECT RAISE(ABORT, 'measurements are never updated'); END;
CREATE TRIGGER fit_is_final BEFORE UPDATE ON fit
BEGIN SELECT RAISE(ABORT, 'measurements are never updated'); END;
CREATE TRIGGER parameter_is_final BEFORE UPDATE ON parameter
BEGIN SELECT RAISE(ABORT, 'measurements are never updated'); END;
CREATE TRIGGER prediction_is_final BEFORE UPDATE ON prediction
BEGIN SELECT RAISE(ABORT, 'measurements are never updated'); END;

-- one row per checkpoint with a source: the first in order of family, tokens and path, where it was found in several places
CREATE VIEW origin AS
SELECT checkpoint, family, step, tokens, phase, native_scheme, path
FROM (
    SELECT *, row_number() OVER (PARTITION BY checkpoint ORDER BY family, tokens IS NULL, tokens, path) AS place
    FROM source
)
WHERE place = 1;

-- one row per evaluation, baselines and all versions included, with what is known of its checkpoint
CREATE VIEW loss AS
SELECT
    coalesce(origin.family, 'unknown') AS family,
    checkpoint.params_non_embedding AS params, -- N: non-embedding parameters
    checkpoint.params_total AS params_total,
    origin.step AS step,
    origin.tokens AS tokens, -- D: training tokens seen
    origin.phase AS phase, -- of the learning rate: annealed, unannealed, unknown
    coalesce(spec.scheme, origin.native_scheme, 'dense') AS scheme,
    coalesce(spec.name, 'baseline') AS spec,
    spec.bits AS bits, -- P: nominal bits per weight; NULL for a baseline
    evaluation.bits_per_weight AS bits_per_weight, -- as stored, scales and zero points included
    shard.name AS shard,
    evaluation.context_tokens AS context,
    evaluation.windows AS windows,
    evaluation.scored_tokens AS scored_tokens,
    evaluation.loss_nats AS loss, -- nats per scored token
    evaluation.perplexity AS perplexity,
    evaluation.checkpoint AS checkpoint,
    evaluation.key AS evaluation,
    evaluation.stage_version AS stage_version
FROM evaluation
JOIN checkpoint ON checkpoint.digest = evaluation.checkpoint
JOIN shard ON shard.digest = evaluation.shard
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
    evaluation.windows AS windows,
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
            evaluation.context_tokens, evaluation.windows, evaluation.score
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
    context, windows, loss16, loss, qid, stderr, kl, agreement, checkpoint, evaluation
FROM qid_history
WHERE age = 1;

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
    fit.key AS fit
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
    prediction.bits AS bits,
    prediction.value AS value,
    prediction.low AS low,
    prediction.high AS high,
    prediction.beyond_hull AS beyond_hull, -- factors beyond the fitted points; 1 inside
    fit.key AS fit
FROM prediction
JOIN fit ON fit.key = prediction.fit;

-- one row per evaluation that a run used: from a number to its run, lock and artifacts
CREATE VIEW trace AS
SELECT
    evaluation.key AS evaluation,
    evaluation.checkpoint AS checkpoint,
    evaluation.compressed_key AS compressed,
    evaluation.program_version AS program_version,
    run.name AS run,
    run.started_at AS started_at,
    run.lock_digest AS lock_digest
FROM run_evaluation
JOIN run ON run.lock_digest = run_evaluation.lock_digest
JOIN evaluation ON evaluation.key = run_evaluation.evaluation;
