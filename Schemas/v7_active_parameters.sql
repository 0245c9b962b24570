-- The warehouse of qid, version 7: how many of a model's parameters a token meets.

-- those of N that one token meets: all in a dense model, those of the chosen experts in a mixture of experts
ALTER TABLE checkpoint ADD COLUMN params_active INTEGER
    CHECK (params_active BETWEEN 0 AND params_non_embedding);

-- what was recorded before was dense
DROP TRIGGER checkpoint_is_final;
UPDATE checkpoint SET params_active = params_non_embedding;
CREATE TRIGGER checkpoint_is_final BEFORE UPDATE ON checkpoint
BEGIN SELECT RAISE(ABORT, 'measurements are never updated'); END;

-- one row per checkpoint: how large its model is, in all the ways that laws may count; those of qid take params for N
CREATE VIEW model AS
SELECT
    checkpoint.digest AS checkpoint,
    checkpoint.architecture AS architecture, -- the configuration's model_type
    checkpoint.params_non_embedding AS params, -- N: all but embeddings and output head
    checkpoint.params_active AS params_active, -- those of N that one token meets
    checkpoint.params_total AS params_total,
    checkpoint.layers AS layers,
    checkpoint.hidden_size AS hidden_size,
    checkpoint.vocabulary_size AS vocabulary_size
FROM checkpoint;
