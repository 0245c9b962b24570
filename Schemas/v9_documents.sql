-- The warehouse of qid, version 9: whether windows hold several documents, and what stands between these.

-- joined: windows are cut from one stream of all documents; separate: each document is cut for itself; NULL before version 9
ALTER TABLE evaluation ADD COLUMN documents TEXT CHECK (documents IN ('joined', 'separate'));
-- the token id that follows each document, where somebody asked for one; NULL: the configuration's, else the tokenizer's
ALTER TABLE evaluation ADD COLUMN separator INTEGER CHECK (separator >= 0);

DROP VIEW loss;

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
    evaluation.window_seed AS window_seed, -- of the random order of windows; NULL for the first ones of the shard
    evaluation.bos AS bos, -- 1 where each window begins with the configuration's bos_token_id; NULL before version 8
    evaluation.documents AS documents, -- joined, or separate where no window holds several; NULL before version 9
    evaluation.separator AS separator, -- the id between documents where somebody asked for one; NULL: as configured
    shard.tokenizer_digest AS tokenizer, -- SHA-256 of the tokenizer.json; NULL where the shard holds ids
    evaluation.score AS score, -- which tokens of a window count: all, second-half
    evaluation.scored_tokens AS scored_tokens,
    coalesce(baseline.loss_nats + evaluation.qid_nats, evaluation.loss_nats) AS loss, -- nats per scored token
    coalesce(baseline.loss_nats + evaluation.qid_nats, evaluation.loss_nats) / 0.6931471805599453 / evaluation.bytes_per_token
        AS bits_per_byte, -- of text: compares across vocabularies; NULL where the shard holds ids, and before version 8
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
