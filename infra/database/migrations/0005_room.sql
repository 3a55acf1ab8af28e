-- Room in each page for the next version of its rows: a login, and activity that is recorded, then change a row where it
-- is, and add nothing to any index. It is left in pages that are filled from now on. Dead rows are taken away, and
-- statistics taken, in portions of some percent: by PostgreSQL's defaults a large table waits for a fifth, or a tenth, of
-- its rows. Neither readers nor writers wait for this.

ALTER TABLE sessions SET (
    fillfactor = 90,
    autovacuum_vacuum_scale_factor = 0.02,
    autovacuum_analyze_scale_factor = 0.02
);

ALTER TABLE users SET (
    fillfactor = 90,
    autovacuum_vacuum_scale_factor = 0.05,
    autovacuum_analyze_scale_factor = 0.05
);
