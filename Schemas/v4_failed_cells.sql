-- The warehouse of qid, version 4: a failure of a cell names its checkpoint and its spec.

-- the digest of the checkpoint whose cell could not be made; NULL where it was no cell
ALTER TABLE failure ADD COLUMN checkpoint TEXT;
-- the name of the cell's spec, or baseline; NULL likewise
ALTER TABLE failure ADD COLUMN spec TEXT;
